/** The numbers of runs: columns, axes, smoothing. What is not finite comes as a text ("NaN"). */
import { count, duration, number } from './text.js';

/** What a plot's x axis may be. */
export const axes = {
    step: { name: 'step', label: 'Step', format: count },
    epoch: { name: 'epochs', label: 'Epoch', format: number },
    seen: { name: 'examples', label: 'Examples', format: count },
    seconds: { name: 'training time', label: 'Time', format: duration },
};

const numbers = values => values.map(value => typeof value === 'string' ? Number(value) : value);

const derived = {
    imagesPerSecond: steps => steps.milliseconds.map((time, i) => time > 0 ? steps.examples[i] * 1000 / time : null),
};

/** A column of the run's steps, or null: no step has it. */
export function column(run, key) {
    const { steps } = run.series;
    const known = run.columns ??= {};
    if (!(key in known))
        known[key] = steps[key] ? numbers(steps[key]) : derived[key]?.(steps) ?? null;
    return known[key];
}

/** What a smoothed line goes by: of a long run the means of its buckets. */
export function smoothable(run, key) {
    const { means } = run.series;
    return means?.[key]
        ? { axis: name => means[name], values: numbers(means[key]) }
        : { axis: name => run.series.steps[name], values: column(run, key) };
}

/** Where a step lies on an axis: between the steps that are there, in proportion. */
export function place(run, step, axis) {
    return between(run.series.steps.step, run.series.steps[axis], step);
}

/** Which step lies there. */
export function stepAt(run, x, axis) {
    return between(run.series.steps[axis], run.series.steps.step, x);
}

function between(from, to, value) {
    const last = from.length - 1;
    if (last < 0 || value <= 0)
        return 0;
    if (value >= from[last])
        return to[last];
    let [low, high] = [-1, last];
    while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (from[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    // Before the first there is the start of training, which is 0 on every axis.
    const [x0, y0] = low < 0 ? [0, 0] : [from[low], to[low]];
    return from[high] === x0 ? to[high] : y0 + (to[high] - y0) * (value - x0) / (from[high] - x0);
}

/** A running mean in which each value's share falls by the weight from step to step; the first ones are weighed as if there had been others before. */
export function smooth(values, weight) {
    let [mean, whole] = [0, 1];
    return values.map(value => {
        if (value === null || !Number.isFinite(value))
            return null;
        mean = mean * weight + value * (1 - weight);
        whole *= weight;
        return mean / (1 - whole);
    });
}

/** The lowest, the highest and the last value, each with its step; null: there is none. */
export function extremes(steps, values) {
    let [low, high, last] = [-1, -1, -1];
    values.forEach((value, i) => {
        if (value === null || !Number.isFinite(value))
            return;
        last = i;
        if (low < 0 || value < values[low])
            low = i;
        if (high < 0 || value > values[high])
            high = i;
    });
    const found = i => ({ step: steps[i], value: values[i] });
    return last < 0 ? null : { low: found(low), high: found(high), last: found(last) };
}

/** Evaluations, validations or probes as columns, with the axes that they do not have themselves. */
export function pointColumns(run, kind) {
    const points = run.series[kind];
    const of = key => numbers(points.map(point => point[key] ?? null));
    return {
        step: of('step'),
        epoch: of('epoch'),
        get seen() { return points.map(point => place(run, point.step, 'seen')); },
        get seconds() { return points.map(point => place(run, point.step, 'seconds')); },
        of,
        count: points.length,
    };
}
