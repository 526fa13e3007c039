/** News of a run that lasts, from the process that serves the page. */

/** Puts what is new of a run to what is known of it: what is told of the later steps stands in their place. */
export function grow(run, tail) {
    const { series } = tail;
    run.columns = null;
    run.log = tail.log;
    run.state = tail.progress.state;
    run.progress = tail.progress;
    if (tail.after === 0) {
        run.series = series;
        return;
    }
    const [known, isKept] = [run.series, point => (point.step ?? point.to) <= tail.after];
    run.series = {
        ...series,
        steps: joined(known.steps, series.steps, tail.after),
        means: known.means && series.means ? joined(known.means, series.means, tail.after) : series.means,
    };
    for (const kind of ['evaluations', 'validations', 'probes', 'skipped', 'generations', 'strip'])
        run.series[kind] = [...known[kind].filter(isKept), ...series[kind]];
}

/** A column that one of them lacks has no values there. */
function joined(known, later, after) {
    const kept = known.step.findIndex(step => step > after);
    const count = kept < 0 ? known.step.length : kept;
    const part = {};
    for (const key of new Set([...Object.keys(known), ...Object.keys(later)]))
        part[key] = [...(known[key]?.slice(0, count) ?? Array(count).fill(null)), ...(later[key] ?? Array(later.step.length).fill(null))];
    return part;
}

/**
 * Follows the page's server.
 * @param {string} base of its addresses
 * @param {number} edition of the document that is shown
 * @param {{ grown(tail), renewed(), lost(isLost, isClosed) }} calls
 */
export function follow(base, edition, calls) {
    const source = new EventSource(`${base}news?edition=${edition}`);
    source.onopen = () => calls.lost(false);
    source.onerror = () => calls.lost(true, source.readyState === EventSource.CLOSED);
    source.onmessage = event => calls.grown(JSON.parse(event.data));
    source.addEventListener('edition', () => { source.close(); calls.renewed(); });
    return source;
}
