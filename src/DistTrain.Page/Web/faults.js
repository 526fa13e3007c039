/** The fault line: what happened to a run, on the time axis of its curves, and under it the strip of its steps' digests. */
import { el } from './elements.js';
import { count, counted, when } from './text.js';
import { place } from './series.js';
import { Plot, grid, palette, tooltip, xAxis } from './plot.js';
import { table } from './table.js';
import { view } from './state.js';

const lanes = [
    ['died', 'died'],
    ['joined', 'joined'],
    ['moved', 'moved'],
    ['restored', 'restored'],
    ['redone', 'redone'],
    ['skipped', 'skipped'],
    ['waits', 'waited'],
];

const laneHeight = 19;

const stripHeight = 22;

/** What happened, each as { lane, step, to, text, time }: from the log, and from the history what no log is needed for. */
export function happenings(run) {
    const found = [];
    const { generations, skipped } = run.series;
    for (const line of run.log ?? []) {
        if (['died', 'joined', 'moved', 'waits'].includes(line.kind))
            found.push({ lane: line.kind, step: line.step, text: line.text, time: line.time });
        if (line.kind === 'restored' && /goes on from step/.test(line.text)) {
            found.push({ lane: 'restored', step: line.step, text: line.text, time: line.time });
            if (line.redone > 0)
                found.push({ lane: 'redone', step: line.step, to: line.step + line.redone, text: `${counted(line.redone, 'step')} done again`, time: line.time });
        }
    }
    if (!run.log) {
        for (const start of generations.slice(1))
            found.push({ lane: 'restored', step: start.step - 1, text: `generation ${start.generation} goes on from step ${count(start.step - 1)}` });
    }
    for (const step of skipped)
        found.push({ lane: 'skipped', step: step.step, text: `step ${count(step.step)}: ${step.why}` });
    return found;
}

/** Places at which the plots have a mark: somebody died; of a run without a log, the servers went on from a checkpoint. */
export function marksOf(run) {
    return view.marks ? [...new Set(happenings(run).filter(one => one.lane === (run.log ? 'died' : 'restored')).map(one => place(run, one.step, view.x)))].slice(0, 200) : [];
}

/** What the check of the history has found, in a word and a sentence. */
export function verdict(run) {
    const { ledger } = run;
    return {
        unbroken: ['unbroken', 'good', `Unbroken: every step is there once and in order, and each rank used the examples that belong to it: ${count(ledger.examples)} examples' digests computed anew from the seed.`],
        short: ['unbroken so far', 'wait', `All that is there is right (${count(ledger.examples)} examples' digests computed anew from the seed), and it is not at the job's end.`],
        broken: ['broken', 'bad', `Broken: ${counted(ledger.count, 'problem')}.`],
        unchecked: ['not checked', 'wait', 'The history was not checked: what it would be held against is not there.'],
    }[ledger.verdict];
}

export class FaultPanel {
    constructor(run, controls) {
        this.run = run;
        this.look();
        this.plot = new Plot('What happened, and the digests of the steps', this.height(), controls);
        [this.legend, this.lines] = [el('div', { class: 'legend' }), el('div', {})];
        const [word, , sentence] = verdict(run);
        this.element = el('section', { class: 'card panel', 'aria-label': 'What happened' },
            el('div', { class: 'bar' }, el('h2', {}, 'What happened')),
            this.legend,
            this.plot.host,
            run.progress
                ? el('p', { class: 'quiet' }, 'The digests of the examples that each step used are checked from the run’s files, when it has ended: here, where its command serves this page; by disttrain verify and report anywhere.')
                : el('p', { class: 'quiet' }, `Strip: the digests of the examples that each step used, ${word}. `, sentence),
            run.ledger.problems.length > 0 && table('Problems of the history', [{ name: 'problem', text: true, wide: true, of: text => text }], run.ledger.problems),
            this.lines);
        this.tell();
    }

    look() {
        this.found = happenings(this.run);
        this.shown = lanes.filter(([lane]) => this.found.some(one => one.lane === lane));
    }

    tell() {
        this.told = this.run.log?.length;
        this.legend.replaceChildren(...[this.summary()].flat());
        const open = this.lines.querySelector('details')?.open;
        this.lines.replaceChildren(...[this.list()].filter(Boolean));
        if (open)
            this.lines.querySelector('details').open = true;
    }

    /** The run has grown. */
    refresh() {
        this.look();
        if (this.told !== this.run.log?.length)
            this.tell();
        this.plot.sized(this.height());
    }

    summary() {
        if (this.found.length === 0)
            return this.run.log ? 'Nothing: no process died, and no step was done again.' : 'The run kept no log, and its history tells of nothing.';
        const redone = this.found.reduce((sum, one) => sum + (one.lane === 'redone' ? one.to - one.step : 0), 0);
        return this.shown.map(([lane, name]) => el('span', {}, `${name} `, el('b', {}, count(lane === 'redone' ? redone : this.found.filter(one => one.lane === lane).length))));
    }

    list() {
        const { log } = this.run;
        const rows = log ?? this.found;
        if (rows.length === 0)
            return null;
        return el('details', {}, el('summary', {}, `Log: ${counted(rows.length, 'line')}`), table('Log of the run', [
            ...(log ? [{ name: 'time', text: true, of: line => line.time, show: when }] : []),
            { name: 'step', of: line => line.step, show: count },
            { name: 'kind', text: true, of: line => line.kind ?? line.lane },
            { name: 'text', text: true, wide: true, of: line => line.text },
        ], rows, { file: `${this.run.name}-log.csv` }));
    }

    height() {
        return grid.top + this.shown.length * laneHeight + 8 + stripHeight + grid.bottom;
    }

    draw(x) {
        const colors = palette();
        const { run } = this;
        const top = grid.top + this.shown.length * laneHeight + 8;
        const at = step => place(run, step, view.x);
        const [, , , , red, teal] = colors.series;
        const hue = { died: colors.bad, joined: colors.series[2], moved: teal, restored: colors.series[1], redone: colors.series[1], skipped: colors.series[3], waits: colors.quiet };
        this.plot.show({
            grid: [{ ...grid, bottom: undefined, height: Math.max(1, this.shown.length * laneHeight) }, { ...grid, top, bottom: undefined, height: stripHeight }],
            tooltip: { trigger: 'item', ...tooltip(colors, one => one.data.says?.() ?? '') },
            xAxis: [{ ...xAxis(colors, x), show: false }, xAxis(colors, x, 1)],
            yAxis: [
                { type: 'category', inverse: true, data: this.shown.map(([, name]) => name), axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: colors.quiet, fontSize: 11, interval: 0 }, splitLine: { show: true, lineStyle: { color: colors.line } } },
                { gridIndex: 1, type: 'value', min: 0, max: 1, show: false },
            ],
            series: [
                this.spans(this.found.filter(one => one.to), at, hue),
                {
                    type: 'scatter', symbolSize: 10, clip: true,
                    data: this.found.filter(one => !one.to && (!x.log || one.step > 0)).map(one => ({
                        value: [at(one.step), this.shown.findIndex(([lane]) => lane === one.lane)],
                        symbol: { died: 'triangle', joined: 'circle', moved: 'diamond', restored: 'rect', skipped: 'emptyCircle', waits: 'roundRect' }[one.lane],
                        itemStyle: { color: hue[one.lane] },
                        says: () => said(one),
                    })),
                },
                this.strip(at, colors, red),
            ],
        });
    }

    /** Steps that were done again, as bars. */
    spans(spans, at, hue) {
        const lane = this.shown.findIndex(([name]) => name === 'redone');
        return {
            type: 'custom', clip: true, data: spans.map(one => ({ value: [at(one.step), lane, at(one.to)], says: () => said(one) })), encode: { x: [0, 2], y: 1 },
            renderItem: (_, api) => {
                const [[from, y], [to]] = [api.coord([api.value(0), lane]), api.coord([api.value(2), lane])];
                return { type: 'rect', shape: { x: from, y: y - 4, width: Math.max(3, to - from), height: 8, r: 2 }, style: { fill: hue.redone } };
            },
        };
    }

    /** A cell for the digests of some steps: its shade is what they come to, red where the history does not hold. */
    strip(at, colors, red) {
        const { strip } = this.run.series;
        const { broken, verdict: word } = this.run.ledger;
        return {
            type: 'custom', xAxisIndex: 1, yAxisIndex: 1, clip: true, encode: { x: [0, 1], y: 2 },
            data: strip.map(cell => {
                const wrong = word === 'broken' && broken.some(step => step >= cell.from && step <= cell.to);
                return { value: [at(cell.from - 1), at(cell.to), 0.5], cell, wrong, says: () => digests(cell, wrong) };
            }),
            renderItem: (params, api) => {
                const [[from, top], [to, bottom]] = [api.coord([api.value(0), 1]), api.coord([api.value(1), 0])];
                const cell = strip[params.dataIndex];
                const wrong = word === 'broken' && broken.some(step => step >= cell.from && step <= cell.to);
                const share = Number.parseInt(cell.fold.slice(0, 4), 16) / 0xffff;
                const light = colors.dark ? 22 + share * 46 : 40 + share * 46;
                // Cells of many steps touch; those of a few have a line between them.
                const gap = to - from > 6 ? 1 : 0;
                return { type: 'rect', shape: { x: from, y: top, width: Math.max(1, to - from - gap), height: bottom - top }, style: { fill: wrong ? red : `hsl(${205 + share * 30}, 45%, ${light}%)` } };
            },
        };
    }
}

function said(one) {
    return el('div', {}, el('div', { class: 'at' }, `step ${count(one.step)}${one.to ? ` to ${count(one.to)}` : ''}${one.time ? `, ${when(one.time)}` : ''}`), one.text);
}

function digests(cell, wrong) {
    return el('div', {},
        el('div', { class: 'at' }, cell.from === cell.to ? `step ${count(cell.from)}` : `steps ${count(cell.from)} to ${count(cell.to)}`),
        el('div', { class: 'mono' }, cell.fold),
        `generation ${cell.generation}${wrong ? '; the history does not hold here' : ''}`);
}
