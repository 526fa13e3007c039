/** Which plots a run has, and a plot with its title, its extremes and its numbers. */
import { el, swatch, toggle } from './elements.js';
import { count, number, percent, share } from './text.js';
import { axes, column, extremes, pointColumns, smooth, smoothable } from './series.js';
import { Plot, curves, palette } from './plot.js';
import { change, view } from './state.js';
import { table } from './table.js';

/**
 * Every plot, in order: lines are [column of the steps, its name], points [kind, key, name]; best says which extreme is the good one.
 */
export const kinds = [
    { id: 'loss', title: 'Loss', format: number, best: 'low', lines: [['loss', 'training']], points: [['validations', 'loss', 'validation'], ['evaluations', 'loss', 'test']] },
    { id: 'accuracy', title: 'Accuracy', format: share, axis: percent, best: 'high', lines: [['accuracy', 'training']], points: [['validations', 'accuracy', 'validation'], ['evaluations', 'accuracy', 'test']] },
    { id: 'top', title: 'Accuracy among the highest scores', format: share, axis: percent, best: 'high', lines: [['topAccuracy', 'training']], points: [['validations', 'topAccuracy', 'validation'], ['evaluations', 'topAccuracy', 'test']] },
    { id: 'r2', title: 'R²', format: number, best: 'high', lines: [['r2', 'training']], points: [['validations', 'r2', 'validation'], ['evaluations', 'r2', 'test']] },
    { id: 'mae', title: 'Mean absolute error', format: number, best: 'low', lines: [['mae', 'training']], points: [['validations', 'mae', 'validation'], ['evaluations', 'mae', 'test']] },
    { id: 'rate', title: 'Learning rate', format: number, lines: [['learningRate', 'rate']], exact: true },
    { id: 'batch', title: 'Batch', unit: 'examples of a step', format: count, lines: [['examples', 'batch']], exact: true },
    { id: 'norm', title: 'Gradient norm', format: number, lines: [['gradientNorm', 'gradient norm']] },
    { id: 'noise', title: 'Noise scale', unit: 'examples', format: number, lines: [['noiseScale', 'noise scale'], ['criticalBatch', 'critical batch'], ['examples', 'batch']], needs: 'noiseScale', exact: true },
    { id: 'speed', title: 'Examples per second', format: count, best: 'high', lines: [['imagesPerSecond', 'examples/s']] },
    { id: 'time', title: 'Time of a step', unit: 'ms', format: number, best: 'low', lines: [['milliseconds', 'whole step'], ['computeMilliseconds', 'forward and backward']] },
    { id: 'sharpness', title: 'Critical sharpness', format: number, lines: [], points: [['probes', 'sharpness', 'critical sharpness'], ['probes', 'edge', '2 / rate']], needsPoints: 'probes' },
    { id: 'curvature', title: 'Curvature: ends of the spectrum', format: number, lines: [], points: [['probes', 'lambdaMax', 'λ max'], ['probes', 'lambdaMin', 'λ min']], needsPoints: 'probes' },
    { id: 'smoothness', title: 'Smoothness along the gradient', format: number, lines: [], points: [['probes', 'smoothness', 'β-smoothness']], needsPoints: 'probes' },
    { id: 'change', title: 'Change of the gradient along itself', format: number, lines: [], points: [['probes', 'changeHigh', 'largest'], ['probes', 'changeLow', 'smallest']], needsPoints: 'probes' },
    { id: 'spectrum', title: 'Ends of the spectrum', format: number, lines: [['lambdaMax', 'λ max'], ['lambdaMin', 'λ min']], needs: 'lambdaMax', exact: true },
];

/** The plots that the run has numbers for. */
export function kindsOf(run) {
    return kinds.filter(kind =>
        kind.needs ? column(run, kind.needs) : kind.needsPoints ? run.series[kind.needsPoints].some(point => kind.points.some(([, key]) => key in point)) : kind.lines.some(([key]) => column(run, key)));
}

/** The lines of a plot of one run: the steps faint, smoothed before them; evaluations as dots on a line. */
export function linesOf(run, kind, colors) {
    const raw = run.series.steps;
    const lines = [];
    kind.lines.forEach(([key, name], i) => {
        const values = column(run, key);
        if (!values)
            return;
        const color = colors.series[i];
        const isSmooth = !kind.exact && view.smooth > 0;
        lines.push({
            name, color, points: values.map((value, at) => [raw[view.x][at], value, raw.step[at]]), quiet: isSmooth,
            width: isSmooth ? 1 : 1.5, opacity: isSmooth ? 0.28 : 1,
        });
        if (isSmooth) {
            const mean = smoothable(run, key);
            const [xs, steps] = [mean.axis(view.x), mean.axis('step')];
            lines.push({ name: `${name}, smoothed`, color, points: smooth(mean.values, view.smooth).map((value, at) => [xs[at], value, steps[at]]), width: 2 });
        }
    });
    (kind.points ?? []).forEach(([from, key, name], i) => {
        const points = pointColumns(run, from);
        if (points.count > 0) {
            lines.push({
                name, color: colors.series[kind.lines.length === 0 ? i : from === 'validations' ? 2 : 1], dots: points.count <= 80, width: 2,
                points: points.of(key).map((value, at) => [points[view.x][at], value, points.step[at]]),
            });
        }
    });
    return lines;
}

/** What stands under a plot's title: of each series the last value, and its extremes with their steps. */
function readings(run, kind, colors) {
    const said = [];
    const say = (name, color, steps, values) => {
        const found = extremes(steps, values);
        if (!found)
            return;
        const { low, high, last } = found;
        const one = (word, { step, value }) => [`${word} `, el('b', {}, kind.format(value)), ` at ${count(step)}`];
        const parts = low.value === high.value ? [] : kind.best === 'high' ? [one('best', high), one('min', low)] : kind.best === 'low' ? [one('best', low), one('max', high)] : [one('min', low), one('max', high)];
        said.push(el('span', {}, swatch(color), `${name} `, el('b', {}, kind.format(last.value)), parts.flatMap(part => [', ', ...part])));
    };
    kind.lines.forEach(([key, name], i) => column(run, key) && say(name, colors.series[i], run.series.steps.step, column(run, key)));
    (kind.points ?? []).forEach(([from, key, name], i) => {
        const points = pointColumns(run, from);
        say(name, colors.series[kind.lines.length === 0 ? i : from === 'validations' ? 2 : 1], points.step, points.of(key));
    });
    return said;
}

/** The numbers behind a plot, as a table: those of the part that is shown. */
function numbersOf(run, kind, x) {
    const { steps, width } = run.series;
    const box = [];
    const inside = at => at >= x.from && at <= x.to;
    const known = kind.lines.filter(([key]) => column(run, key));
    if (known.length > 0) {
        const rows = steps.step.map((_, i) => i).filter(i => inside(steps[view.x][i]));
        box.push(table(`${kind.title}, by step`, [
            { name: 'step', of: i => steps.step[i], show: count },
            { name: 'epoch', of: i => steps.epoch[i], show: number },
            { name: 'examples', of: i => steps.seen[i], show: count },
            { name: 'seconds', of: i => steps.seconds[i], show: number },
            ...known.map(([key, name]) => ({ name, of: i => column(run, key)[i], show: kind.format })),
        ], rows, {
            file: `${run.name}-${kind.id}.csv`,
            note: width > 1 ? `Of every ${count(width)} steps those are here that have the lowest or the highest value of a series.` : null,
        }));
    }
    const from = (kind.points ?? []).filter(([name]) => run.series[name].length > 0);
    for (const name of new Set(from.map(([kindOf]) => kindOf))) {
        const points = pointColumns(run, name);
        box.push(table(`${kind.title}: ${name}`, [
            { name: 'step', of: i => points.step[i], show: count },
            { name: 'epoch', of: i => points.epoch[i], show: number },
            ...from.filter(([kindOf]) => kindOf === name).map(([, key, label]) => ({ name: label, of: i => points.of(key)[i], show: kind.format })),
        ], points.step.map((_, i) => i).filter(i => inside(points[view.x][i])), { file: `${run.name}-${kind.id}-${name}.csv` }));
    }
    return box;
}

/** A plot with what belongs to it. */
export class Panel {
    /**
     * @param kind { id, title, unit, format, axis }
     * @param {number} height of the plot
     * @param controls of the page's x axis
     * @param {{ lines(colors), readings(colors), numbers(x) }} source of what it shows
     */
    constructor(kind, height, controls, source) {
        this.kind = kind;
        this.source = source;
        this.plot = new Plot(kind.title, height, controls);
        this.legend = el('div', { class: 'legend' });
        this.buttons = el('div', { class: 'buttons' });
        this.below = el('div', {});
        this.open = false;
        this.element = el('section', { class: 'card panel', 'aria-label': kind.title },
            el('div', { class: 'bar' },
                el('h2', {}, kind.title, kind.unit && el('span', { class: 'quiet' }, `, ${kind.unit}`)), this.buttons),
            this.legend, this.plot.host, this.below);
    }

    /** @param x the page's x axis */
    draw(x, marks) {
        const { kind } = this;
        const colors = palette();
        const log = view.log.includes(kind.id);
        [this.x, this.marks] = [x, marks];
        this.legend.replaceChildren(...this.source.readings(colors));
        this.drawButtons(log);
        this.plot.show(curves({ lines: this.source.lines(colors), marks, x, log, format: kind.axis ?? kind.format, colors }));
        this.below.replaceChildren(...(this.open ? this.source.numbers(x) : []));
    }

    /** Only when they say something else: one that is replaced under a finger is not pressed. */
    drawButtons(log) {
        const { kind } = this;
        const says = `${log} ${this.open}`;
        if (this.says === says)
            return;
        this.says = says;
        this.buttons.replaceChildren(
            toggle('log', log, on => change({ log: on ? [...view.log, kind.id] : view.log.filter(id => id !== kind.id) }), { class: 'small', 'aria-label': `${kind.title}: log axis` }),
            toggle('numbers', this.open, on => { this.open = on; this.draw(this.x, this.marks); }, { class: 'small', 'aria-label': `${kind.title}: numbers as a table` }));
    }
}

/** The panel of one run's plot. */
export function panelOf(run, kind, height, controls) {
    return new Panel(kind, height, controls, {
        lines: colors => linesOf(run, kind, colors),
        readings: colors => readings(run, kind, colors),
        numbers: x => numbersOf(run, kind, x),
    });
}
