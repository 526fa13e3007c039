/** Runs beside each other: in which keys they differ, which differ in their seed alone, and the mean of those. */
import { extremes } from './series.js';

/** Keys that say nothing of what was trained: where data lie, what the job is called. */
const silent = new Set(['metadata.name', 'spec.dataset.path', 'apiVersion', 'kind']);

const seed = 'spec.seed';

/** The keys in which the runs differ, in the order of the job file. */
export function differing(runs) {
    const keys = [...new Set(runs.flatMap(run => Object.keys(run.keys)))].filter(key => !silent.has(key));
    return keys.filter(key => new Set(runs.map(run => run.keys[key] ?? '–')).size > 1);
}

/** Runs that differ in their seed alone, together: { name, runs: [index…] }, in the order of their first runs. */
export function grouped(runs, keys) {
    const own = keys.filter(key => key !== seed);
    const groups = new Map();
    runs.forEach((run, i) => {
        const values = own.map(key => run.keys[key] ?? '–');
        const id = JSON.stringify(values);
        if (!groups.has(id))
            groups.set(id, { name: own.length === 0 ? 'all runs' : own.map((key, k) => `${short(key)} ${values[k]}`).join(', '), runs: [] });
        groups.get(id).runs.push(i);
    });
    return [...groups.values()];
}

/** "spec.optimizer.lr" → "optimizer.lr". */
export function short(key) {
    return key.replace(/^spec\./, '');
}

/**
 * The mean of curves, and their lowest and highest, where all of them are: on places of their own that no other group changes.
 * @param {[number, number, number][][]} curves points [x, y, step] of each
 * @returns {{ mean: [x, y, step][], band: [x, low, high][] }}
 */
export function meanOf(curves, places = 300) {
    const known = curves.map(points => points.filter(([, y]) => y !== null && Number.isFinite(y))).filter(points => points.length > 0);
    if (known.length === 0)
        return { mean: [], band: [] };
    const from = Math.max(...known.map(points => points[0][0]));
    const to = Math.min(...known.map(points => points.at(-1)[0]));
    // Where all have the same few places, as evaluations do, those; else as many as can be seen.
    const first = known[0].map(([x]) => x);
    const same = first.length <= places && known.every(points => points.length === first.length && points.every(([x], i) => x === first[i]));
    const xs = same ? first : from > to ? [] : Array.from({ length: places }, (_, i) => from + (to - from) * i / (places - 1));
    const values = known.map(points => along(points, xs));
    return {
        mean: xs.map((x, i) => [x, values.reduce((sum, of) => sum + of[i], 0) / values.length, NaN]),
        band: xs.map((x, i) => [x, Math.min(...values.map(of => of[i])), Math.max(...values.map(of => of[i]))]),
    };
}

function along(points, xs) {
    let i = 0;
    return xs.map(x => {
        while (i + 1 < points.length && points[i + 1][0] <= x)
            i++;
        const [a, b] = [points[i], points[Math.min(i + 1, points.length - 1)]];
        return b[0] === a[0] ? a[1] : a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0]);
    });
}

/** Mean, lowest and highest of figures; null where there are none. */
export function spread(values) {
    const found = extremes(values, values.map(value => value ?? null));
    const known = values.filter(value => Number.isFinite(value));
    return found && { mean: known.reduce((sum, value) => sum + value, 0) / known.length, low: found.low.value, high: found.high.value };
}
