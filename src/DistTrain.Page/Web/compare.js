/** Runs beside each other: what differs in their job files, what came out, and their curves over each other. */
import { el, swatch, toggle } from './elements.js';
import { count, duration, number, percent, share } from './text.js';
import { axes, column, extremes, pointColumns, smooth, smoothable } from './series.js';
import { Panel } from './panels.js';
import { drawInTurn, palette } from './plot.js';
import { change, view } from './state.js';
import { table } from './table.js';
import { differing, grouped, meanOf, short, spread } from './groups.js';
import { verdict } from './faults.js';

/** Plots of many runs: a column of the steps, or of points. */
const comparisons = [
    { id: 'c-loss', title: 'Training loss', format: number, key: 'loss', best: 'low' },
    { id: 'c-test', title: 'Test accuracy', format: share, axis: percent, points: 'evaluations', key: 'accuracy', best: 'high' },
    { id: 'c-validation', title: 'Validation accuracy', format: share, axis: percent, points: 'validations', key: 'accuracy', best: 'high' },
    { id: 'c-r2', title: 'Test R²', format: number, points: 'evaluations', key: 'r2', best: 'high' },
    { id: 'c-mae', title: 'Test mean absolute error', format: number, points: 'evaluations', key: 'mae', best: 'low' },
    { id: 'c-top', title: 'Test accuracy among the highest scores', format: share, axis: percent, points: 'evaluations', key: 'topAccuracy', best: 'high' },
    { id: 'c-testloss', title: 'Test loss', format: number, points: 'evaluations', key: 'loss', best: 'low' },
    { id: 'c-accuracy', title: 'Training accuracy', format: share, axis: percent, key: 'accuracy', best: 'high' },
    { id: 'c-rate', title: 'Learning rate', format: number, key: 'learningRate', exact: true },
    { id: 'c-batch', title: 'Batch', unit: 'examples of a step', format: count, key: 'examples', exact: true },
    { id: 'c-norm', title: 'Gradient norm', format: number, key: 'gradientNorm' },
    { id: 'c-noise', title: 'Noise scale', unit: 'examples', format: number, key: 'noiseScale', exact: true },
    { id: 'c-speed', title: 'Examples per second', format: count, key: 'imagesPerSecond', best: 'high' },
];

const results = [
    ['test accuracy', run => run.series.figures.testAccuracy, share],
    ['test R²', run => run.series.figures.testR2, number],
    ['test MAE', run => run.series.figures.testMae, number],
    ['test accuracy, top k', run => run.series.figures.testTopAccuracy, share],
    ['test loss', run => run.series.figures.testLoss, number],
    ['validation accuracy', run => run.series.figures.validationAccuracy, share],
    ['validation R²', run => run.series.figures.validationR2, number],
    ['training loss', run => run.series.figures.trainLoss, number],
    ['examples/s', run => run.series.figures.imagesPerSecond, count],
    ['steps done', run => run.series.figures.steps, count],
    ['epochs done', run => run.series.figures.epochs, number],
    ['training time', run => run.series.figures.seconds, duration],
];

export class CompareView {
    constructor(page, controls, open) {
        this.runs = page.runs;
        this.keys = differing(this.runs);
        this.groups = grouped(this.runs, this.keys);
        this.hasSeeds = this.groups.some(group => group.runs.length > 1);
        this.open = open;
        const shown = comparisons.filter(kind => this.runs.some(run => kind.points ? run.series[kind.points].some(point => kind.key in point) : column(run, kind.key)));
        this.panels = shown.map(kind => new Panel(kind, 240, controls, {
            lines: colors => this.lines(kind, colors),
            readings: colors => this.readings(kind, colors),
            numbers: x => this.numbers(kind, x),
        }));
        [this.tables, this.means] = [el('div', {}), el('div', {})];
        this.head = el('div', { class: 'chips' }, el('span', { class: 'chip' }, `${this.runs.length} runs`), this.hasSeeds && el('span', { class: 'chip' }, `${this.groups.length} groups, by seeds`));
        this.element = el('div', { class: 'stack' },
            page.notes.map(note => el('p', { class: 'note' }, note)),
            this.tables,
            el('div', { class: 'grid' }, this.panels.map(panel => panel.element)),
            this.means);
        this.drawTables();
    }

    /** A run has grown: its curves are drawn anew, the table of results when it is over. */
    refresh() {
        return true;
    }

    whole(axis) {
        const ends = this.runs.map(run => run.series.steps[axis]).filter(places => places.length > 0);
        return ends.length === 0 ? [0, 1] : [view.logX ? Math.min(...ends.map(places => places[0])) : 0, Math.max(...ends.map(places => places.at(-1)))];
    }

    /** Runs of different lengths have no common place on another axis: all is shown. */
    moved() {
        return null;
    }

    draw(x) {
        const axis = { ...x, format: axes[view.x].format, said: at => `${axes[view.x].name} ${axes[view.x].format(at)}` };
        drawInTurn(this.panels, panel => panel.draw(axis, []));
    }

    /** A colour a group where means are shown, else one a run; it stays what it is when others are hidden. */
    color(colors, run) {
        const i = this.isMean() ? this.groups.findIndex(group => group.runs.includes(run)) : run;
        return colors.series[i % colors.series.length];
    }

    isMean() {
        return this.hasSeeds && view.means;
    }

    isOn(run) {
        return !view.off.includes(run);
    }

    points(kind, run) {
        if (kind.points) {
            const points = pointColumns(run, kind.points);
            return points.of(kind.key).map((value, at) => [points[view.x][at], value, points.step[at]]);
        }
        if (kind.exact || view.smooth === 0) {
            const { steps } = run.series;
            return (column(run, kind.key) ?? []).map((value, at) => [steps[view.x][at], value, steps.step[at]]);
        }
        const mean = smoothable(run, kind.key);
        return mean.values ? smooth(mean.values, view.smooth).map((value, at) => [mean.axis(view.x)[at], value, mean.axis('step')[at]]) : [];
    }

    lines(kind, colors) {
        const lines = [];
        for (const group of this.groups) {
            const shown = group.runs.filter(run => this.isOn(run));
            const curves = shown.map(run => this.points(kind, this.runs[run]));
            const isMean = this.isMean() && shown.length > 1;
            shown.forEach((run, i) => lines.push({
                name: this.isMean() && !isMean ? group.name : this.runs[run].name, color: this.color(colors, run), points: curves[i], quiet: isMean,
                width: isMean ? 1 : 1.8, opacity: isMean ? 0.3 : 1, dash: !this.isMean() && run >= colors.series.length ? 'dashed' : 'solid', dots: Boolean(kind.points) && !isMean && curves[i].length <= 60,
            }));
            if (isMean) {
                const { mean, band } = meanOf(curves);
                lines.push({ band, color: this.color(colors, shown[0]), points: [] });
                lines.push({ name: `${group.name}, mean of ${shown.length}`, color: this.color(colors, shown[0]), points: mean, width: 2.4 });
            }
        }
        return lines;
    }

    readings(kind, colors) {
        const ends = this.runs.map((run, i) => {
            const points = kind.points ? pointColumns(run, kind.points) : null;
            const found = this.isOn(i) && extremes(points ? points.step : run.series.steps.step, (points ? points.of(kind.key) : column(run, kind.key)) ?? []);
            return found && { run, i, best: kind.best === 'high' ? found.high : found.low };
        }).filter(Boolean);
        if (!kind.best || ends.length === 0)
            return [];
        const best = ends.reduce((a, b) => (kind.best === 'high' ? b.best.value > a.best.value : b.best.value < a.best.value) ? b : a);
        return [el('span', {}, swatch(this.color(colors, best.i)), 'best ', el('b', {}, kind.format(best.best.value)), ` at ${count(best.best.step)}, ${best.run.name}`)];
    }

    numbers(kind, x) {
        const rows = this.runs.flatMap((run, i) => this.isOn(i) ? (kind.points
            ? run.series[kind.points].map(point => [run.name, point.step, point.epoch, point[kind.key]])
            : (column(run, kind.key) ?? []).map((value, at) => [run.name, run.series.steps.step[at], run.series.steps.epoch[at], value, run.series.steps[view.x][at]])) : []);
        return [table(kind.title, [
            { name: 'run', text: true, of: row => row[0] }, { name: 'step', of: row => row[1], show: count }, { name: 'epoch', of: row => row[2], show: number }, { name: kind.title.toLowerCase(), of: row => row[3], show: kind.format },
        ], rows.filter(row => row.length < 5 || (row[4] >= x.from && row[4] <= x.to)), { file: `${kind.id.slice(2)}.csv` })];
    }

    drawTables() {
        const colors = palette();
        const known = results.filter(([, of]) => this.runs.some(run => of(run) !== undefined));
        const all = this.runs.map((_, i) => i);
        const show = (run, on) => { change({ off: on ? view.off.filter(other => other !== run) : [...view.off, run] }); this.drawTables(); };
        this.tables.replaceChildren(
            el('section', { class: 'card runs', 'aria-label': 'Runs' },
                el('div', { class: 'bar group' }, el('h2', {}, 'Runs'),
                    this.hasSeeds && toggle('mean over seeds', view.means, on => { change({ means: on }); this.drawTables(); }, { class: 'small' }),
                    view.off.length > 0 && el('button', { type: 'button', class: 'small', onclick: () => { change({ off: [] }); this.drawTables(); } }, 'show all')),
                this.keys.length === 0 && el('p', { class: 'quiet' }, 'Their job files say the same.'),
                table('Runs: the keys in which their jobs differ, and what came out', [
                    { name: '', of: i => i, show: i => el('input', { type: 'checkbox', checked: this.isOn(i), 'aria-label': `show ${this.runs[i].name}`, onchange: event => show(i, event.target.checked) }) },
                    { name: 'run', text: true, of: i => this.runs[i].name, show: (name, i) => el('span', {}, swatch(this.color(colors, i)), el('button', { type: 'button', class: 'small', onclick: () => this.open(i) }, name)) },
                    { name: 'state', text: true, of: i => this.runs[i].state },
                    { name: 'history', text: true, of: i => verdict(this.runs[i])[0] },
                    ...this.keys.map(key => ({ name: short(key), of: i => numeric(this.runs[i].keys[key]) })),
                    ...known.map(([name, of, format]) => ({ name, of: i => of(this.runs[i]) ?? null, show: format })),
                    { name: 'weights', text: true, of: i => this.runs[i].weightsSha256 ?? '', show: hash => el('code', { title: hash }, hash.slice(0, 12) || '–') },
                ], all, { sort: true, file: 'runs.csv' })));
        if (this.hasSeeds)
            this.means.replaceChildren(el('section', { class: 'card', 'aria-label': 'Groups' }, el('h2', {}, 'Groups of seeds'),
                table('Mean over the seeds, and lowest to highest', [
                    { name: 'group', text: true, of: group => group.name, show: (name, group) => el('span', {}, this.isMean() && swatch(this.color(colors, group.runs[0])), name) },
                    { name: 'runs', of: group => group.runs.length },
                    ...known.filter(([name]) => name !== 'steps done' && name !== 'epochs done').map(([name, of, format]) => ({
                        name, of: group => spread(group.runs.map(i => of(this.runs[i])))?.mean ?? null,
                        show: (mean, group) => {
                            const found = spread(group.runs.map(i => of(this.runs[i])));
                            return !found ? '–' : found.low === found.high ? format(mean) : `${format(mean)} (${format(found.low)} to ${format(found.high)})`;
                        },
                    })),
                ], this.groups, { sort: true, file: 'groups.csv' })));
    }
}

/** A key's value as a number where it is one, so that it is sorted as such. */
function numeric(text) {
    return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text ?? '–';
}
