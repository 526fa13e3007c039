/** How the page is looked at. The address holds it: a link shows what its sender saw. */

const start = { job: null, run: 0, compare: false, x: 'step', smooth: 0.6, logX: false, log: [], from: null, to: null, marks: true, means: true, off: [] };

export const view = { ...start };

const listeners = [];

/** Calls back after each change, with what has changed. */
export function onChange(listener) {
    listeners.push(listener);
}

/** Changes how the page is looked at. */
export function change(part) {
    Object.assign(view, part);
    writeAddress('job' in part);
    for (const listener of listeners)
        listener(part);
}

/** What the address says; what it does not say, or says wrongly, is as at the start. */
export function readAddress(runs) {
    const said = new URLSearchParams(location.hash.slice(1));
    const figure = (name, low, high) => {
        const value = Number.parseFloat(said.get(name) ?? '');
        return Number.isFinite(value) ? Math.min(Math.max(value, low), high) : start[name];
    };
    Object.assign(view, start, {
        job: said.get('job'),
        run: Math.round(figure('run', 0, runs - 1)),
        compare: said.has('run') ? false : runs > 1,
        x: ['step', 'epoch', 'seen', 'seconds'].includes(said.get('x')) ? said.get('x') : start.x,
        smooth: figure('smooth', 0, 0.99),
        from: figure('from', 0, Infinity),
        to: figure('to', 0, Infinity),
        logX: said.has('logX'),
        log: (said.get('log') ?? '').split(',').filter(Boolean),
        marks: !said.has('noMarks'),
        means: !said.has('singly'),
        off: (said.get('off') ?? '').split(',').filter(Boolean).map(Number),
    });
    if (view.from === null || view.to === null || view.from >= view.to)
        view.from = view.to = null;
}

/** Another job is another page to go back from. */
function writeAddress(isNew) {
    const said = new URLSearchParams();
    const say = (name, value, is) => is && said.set(name, value);
    say('job', view.job, view.job !== null);
    say('run', view.run, !view.compare && view.job === null);
    say('x', view.x, view.x !== start.x);
    say('smooth', view.smooth, view.smooth !== start.smooth);
    say('from', view.from, view.from !== null);
    say('to', view.to, view.to !== null);
    say('logX', '', view.logX);
    say('log', view.log.join(','), view.log.length > 0);
    say('noMarks', '', !view.marks);
    say('singly', '', !view.means);
    say('off', view.off.join(','), view.off.length > 0);
    history[isNew ? 'pushState' : 'replaceState'](null, '', `#${said}`);
}

/** Light or dark: as chosen, else as the system has it. */
export function theme() {
    return kept() ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

/** Chooses the other one, and keeps it where the browser keeps anything. */
export function switchTheme() {
    const next = theme() === 'dark' ? 'light' : 'dark';
    chosen = next;
    try {
        localStorage.setItem('disttrain-theme', next);
    } catch {
        // A file's page may be refused that; it is as chosen until it is closed.
    }
    return next;
}

let chosen = null;

function kept() {
    try {
        return chosen ?? localStorage.getItem('disttrain-theme');
    } catch {
        return chosen;
    }
}
