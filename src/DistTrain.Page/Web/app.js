/** The page: takes its data, shows a run or many, or a cluster's jobs, and follows how it is to be looked at. */
import { el, segments, toggle } from './elements.js';
import { axes } from './series.js';
import { change, onChange, readAddress, switchTheme, theme, view } from './state.js';
import { clearPlots, resizePlots } from './plot.js';
import { RunView } from './run.js';
import { CompareView } from './compare.js';
import { follow, grow } from './news.js';
import { clusterBar, Elsewhere, followJobs, jobsOf, signIn } from './cluster.js';

const [heading, tools, main, foot] = ['top', 'tools', 'main', 'foot'].map(id => document.getElementById(id));

let page = null;

let shown = null;

/** What a cluster's page was told last; null: this is none. */
let cluster = null;

let elsewhere = null;

let source = null;

/** The x axis for all plots: what is done to one is done to all. */
const controls = {
    zoom(from, to) {
        const [low, high] = shown.whole(view.x);
        look(Math.max(from, low), Math.min(to, high));
    },
    all() {
        change({ from: null, to: null });
    },
    move(share) {
        const [[low, high], { from, to }] = [shown.whole(view.x), windowOf()];
        const by = Math.min(Math.max((to - from) * share, low - from), high - to);
        if (by !== 0)
            look(from + by, to + by);
    },
    closer(factor) {
        const [[low, high], { from, to }] = [shown.whole(view.x), windowOf()];
        const half = (to - from) / 2 * factor;
        const middle = (from + to) / 2;
        if (half * 2 >= high - low)
            controls.all();
        else
            look(Math.max(low, middle - half), Math.min(high, middle + half));
    },
};

/** Looks at a part: in few digits, as the address has it. */
function look(from, to) {
    change({ from: Number(from.toPrecision(7)), to: Number(to.toPrecision(7)) });
}

function windowOf() {
    const [low, high] = shown.whole(view.x);
    return { from: view.from ?? low, to: view.to ?? high };
}

/** The view as a whole, anew. */
function build() {
    clearPlots();
    const run = page.runs[view.run];
    shown = view.compare ? new CompareView(page, controls, open) : new RunView(run, page, controls);
    drawHead(view.compare ? page.title : run.name, shown.head);
    drawTools();
    main.replaceChildren(shown.element);
    draw();
}

function draw() {
    const { from, to } = windowOf();
    shown.draw({ from, to, log: view.logX, whole: view.from === null });
}

function open(run) {
    change({ run, compare: false, from: null, to: null });
}

function drawHead(title, below) {
    const name = theme() === 'dark' ? 'light' : 'dark';
    document.title = title;
    heading.replaceChildren(
        el('div', { class: 'head' },
            el('div', { class: 'what' }, el('h1', {}, title), below),
            el('button', { type: 'button', 'aria-label': `switch to ${name} colours`, onclick: () => { applyTheme(switchTheme()); redrawAll(); } }, name)),
        cluster ? clusterBar(cluster, serve) : '',
        page?.runs.length > 1 ? el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Runs' },
            el('button', { type: 'button', role: 'tab', 'aria-selected': String(view.compare), onclick: () => change({ compare: true, from: null, to: null }) }, 'Compare'),
            page.runs.slice(0, 60).map((run, i) => el('button', { type: 'button', role: 'tab', 'aria-selected': String(!view.compare && view.run === i), onclick: () => open(i) }, run.name))) : '');
}

/** Everything in other colours. */
function redrawAll() {
    if (page?.runs.length > 0)
        build();
    else if (cluster)
        drawHead('Jobs', shown.summary);
}

function drawTools() {
    tools.hidden = false;
    const smoothing = el('output', { for: 'smoothing' }, view.smooth.toFixed(2));
    tools.replaceChildren(el('div', { class: 'tools' },
        segments('x', Object.entries(axes).map(([key, axis]) => [key, axis.label]), view.x, x => {
            const { from, to } = view;
            const moved = from === null ? [null, null] : [shown.moved(from, view.x, x), shown.moved(to, view.x, x)];
            change({ x, from: moved[0], to: moved[0] === null ? null : moved[1] });
        }),
        el('div', { class: 'group' },
            el('label', { class: 'name', for: 'smoothing' }, 'smoothing'),
            el('input', {
                id: 'smoothing', type: 'range', min: '0', max: '0.99', step: '0.01', value: String(view.smooth),
                oninput: event => { smoothing.textContent = Number(event.target.value).toFixed(2); change({ smooth: Number(event.target.value) }); },
            }), smoothing),
        el('div', { class: 'group', role: 'group', 'aria-label': 'zoom' },
            [['‹', 'earlier', () => controls.move(-0.5)], ['−', 'zoom out', () => controls.closer(2)], ['+', 'zoom in', () => controls.closer(0.5)], ['›', 'later', () => controls.move(0.5)]]
                .map(([sign, name, does]) => el('button', { type: 'button', 'aria-label': name, title: name, onclick: does }, sign)),
            el('button', { type: 'button', onclick: () => controls.all() }, 'all')),
        el('div', { class: 'group' },
            toggle('log x', view.logX, logX => change({ logX, from: null, to: null })),
            !view.compare && toggle('marks', view.marks, marks => change({ marks }), { title: 'dashed lines in the plots where a process died' }))));
}

function applyTheme(name) {
    document.documentElement.dataset.theme = name;
}

/** Draws at most once a frame, however fast it is asked for. */
function soon(does) {
    let asked = false;
    return () => {
        if (asked)
            return;
        asked = true;
        requestAnimationFrame(() => { asked = false; does(); });
    };
}

/** Shows a document, as the address says. */
function begin(data) {
    page = data;
    if (page.runs.length === 0) {
        main.replaceChildren(el('p', { class: 'card empty' }, page.edition ? 'No run has begun yet.' : 'There is no run to show.'));
        return;
    }
    readAddress(page.runs.length);
    build();
    document.documentElement.dataset.ready = 'yes';
}

/** A served page takes its data from its server, and follows what comes. */
async function serve() {
    source?.close();
    source = null;
    elsewhere?.lost(false, main);
    // Of a cluster one job is a page by itself.
    if (cluster === null || view.job === null) {
        const answer = await fetch('data');
        if ([401, 403].includes(answer.status)) {
            stand('DistTrain', signIn((await answer.text()).trim(), serve));
            return;
        }
        const data = await told(answer);
        if (!data.cluster) {
            begin(data);
            source = followRun('');
            return;
        }
        cluster = data.cluster;
        elsewhere ??= new Elsewhere(cluster);
        readAddress(1);
    }
    await (view.job === null ? serveJobs() : serveJob(`jobs/${encodeURIComponent(view.job)}/`));
}

async function serveJobs() {
    const jobs = jobsOf(cluster);
    shown = jobs;
    stand('Jobs', jobs.element, jobs.summary);
    source = followJobs({
        told(news) {
            cluster = news;
            elsewhere.tell(news);
            jobs.show(news);
        },
        lost,
    });
}

async function serveJob(base) {
    const answer = await fetch(`${base}data`);
    if (answer.status === 401) {
        // The session is over.
        cluster = null;
        await serve();
        return;
    }
    if (!answer.ok) {
        stand(view.job, el('p', { class: 'note bad', role: 'alert' }, (await answer.text()).trim()));
        return;
    }
    begin(await answer.json());
    source = followRun(base);
}

/** What is no run: without plots, and without what is done to plots. */
function stand(title, element, below = null) {
    page = null;
    clearPlots();
    tools.hidden = true;
    drawHead(title, below);
    main.replaceChildren(element);
    document.documentElement.dataset.ready = 'yes';
}

async function told(answer) {
    if (!answer.ok)
        throw new Error((await answer.text()).trim());
    return answer.json();
}

function followRun(base) {
    const redraw = soon(() => shown.refresh() ? draw() : build());
    return follow(base, page.edition, {
        grown(tail) {
            grow(page.runs[tail.run], tail);
            // What another run learns is shown where it is compared, and when it is opened.
            if (view.compare || view.run === tail.run)
                redraw();
        },
        renewed: () => serve(),
        lost,
    });
}

/** @param {boolean} isClosed the stream was refused: the page asks anew why, as the stream can't say */
function lost(isLost, isClosed = false) {
    if (elsewhere) {
        elsewhere.lost(isLost, main);
        if (isClosed)
            setTimeout(() => serve().catch(() => lost(true, true)), 3000);
        return;
    }
    document.querySelector('.lost')?.remove();
    if (isLost)
        main.prepend(el('p', { class: 'note bad lost', role: 'status' }, 'The process that serves this page does not answer: what is shown is the last that it told. If its run has ended, the report is in the run’s folder.'));
}

function listen() {
    const redraw = soon(draw);
    onChange(part => {
        if ('job' in part)
            serve().catch(failed);
        else if ('compare' in part || 'run' in part)
            build();
        else {
            if ('x' in part || 'logX' in part || 'marks' in part)
                drawTools();
            redraw();
        }
    });
    addEventListener('hashchange', () => {
        const { job } = view;
        readAddress(page?.runs.length ?? 1);
        if (cluster && job !== view.job)
            serve().catch(failed);
        else if (page)
            build();
    });
    addEventListener('resize', soon(resizePlots));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { applyTheme(theme()); redrawAll(); });
}

function failed(error) {
    main.replaceChildren(el('p', { class: 'note bad' }, `The page's data could not be read: ${error.message}`));
}

applyTheme(theme());
foot.replaceChildren('Drag over a plot to zoom, double-click to see all. Charts: Apache ECharts, Apache License 2.0.');
listen();
const carried = document.getElementById('data');
if (carried)
    begin(JSON.parse(carried.textContent));
else
    serve().catch(failed);
