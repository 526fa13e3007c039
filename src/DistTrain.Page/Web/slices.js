/** Slices through a run's weights, where there are some: the loss along a line or over a plane, as a picture and as numbers. */
import { el } from './elements.js';
import { count, number, share } from './text.js';
import { line, svg, text } from './landscape.js';
import { table } from './table.js';

const sliceBox = { width: 720, height: 260, left: 64, bottom: 26 };

/** A card a slice; nothing for a run without any. */
export function slices(run) {
    return (run.slices ?? []).map(slice => {
        const isPlane = slice.losses.some(point => point.beta !== undefined);
        const title = `${isPlane ? 'Plane' : 'Line'} through the weights${slice.step === undefined ? '' : ` of step ${count(slice.step)}`}${slice.to ? `, to ${slice.to}` : ''}`;
        const points = slice.losses.map(point => ({ ...point, loss: Number(point.loss), accuracy: point.accuracy === undefined ? null : Number(point.accuracy) }));
        return el('section', { class: 'card', 'aria-label': title },
            el('h2', {}, title),
            el('p', { class: 'quiet' }, `${slice.to ? 'α is 0 at these weights and 1 at those.' : `α${isPlane ? ' and β count' : ' counts'} the filters’ own lengths along a random direction${isPlane ? ' each' : ''}; the weights are in the middle.`} Loss over ${count(slice.examples)} examples of the ${slice.data} set.`),
            isPlane ? plane(points, title) : curve(points, title),
            el('details', {}, el('summary', {}, 'Numbers'), table(`${title}: the loss at each point`, [
                { name: 'α', of: point => point.alpha, show: number },
                ...isPlane ? [{ name: 'β', of: point => point.beta, show: number }] : [],
                { name: 'loss', of: point => point.loss, show: number },
                ...points.some(point => point.accuracy !== null) ? [{ name: 'accuracy', of: point => point.accuracy, show: share }] : [],
            ], points, { sort: true, file: `${run.name}-slice${slice.step === undefined ? '' : `-step-${slice.step}`}.csv` })));
    });
}

function lossRange(values) {
    const known = values.filter(Number.isFinite);
    return [Math.min(...known), Math.max(...known)];
}

/** The loss over α. */
function curve(points, title) {
    const { width, height, left, bottom } = sliceBox;
    const known = points.filter(point => Number.isFinite(point.loss));
    if (known.length < 2)
        return '';
    const [[from, to], [low, high]] = [lossRange(known.map(point => point.alpha)), lossRange(known.map(point => point.loss))];
    const x = alpha => left + (alpha - from) / (to - from || 1) * (width - left - 12);
    const y = loss => height - bottom - (loss - low) / (high - low || 1) * (height - bottom - 14);
    return svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'slice', role: 'img', 'aria-label': `${title}: loss from ${number(low)} to ${number(high)}` },
        line(left, height - bottom, width - 12, height - bottom, 'axis'), line(left, 14, left, height - bottom, 'axis'), line(x(0), 14, x(0), height - bottom, 'zero'),
        svg('polyline', { points: known.map(point => `${x(point.alpha).toFixed(1)},${y(point.loss).toFixed(1)}`).join(' '), class: 'curve' }),
        text(left - 6, 18, number(high), 'end'), text(left - 6, height - bottom, number(low), 'end'),
        text(left, height - 8, `α ${number(from)}`, 'start'), text(x(0), height - 8, '0', 'middle'), text(width - 12, height - 8, number(to), 'end'));
}

/** The loss over α and β, the more colour the higher, on a logarithmic scale where it can be. */
function plane(points, title) {
    const { width, height, left, bottom } = sliceBox;
    const [low, high] = lossRange(points.map(point => point.loss));
    const [alphas, betas] = ['alpha', 'beta'].map(key => [...new Set(points.map(point => point[key]))].sort((a, b) => a - b));
    const scale = low > 0 ? Math.log : value => value;
    const shade = loss => Number.isFinite(loss) ? 0.06 + 0.94 * (scale(loss) - scale(low)) / (scale(high) - scale(low) || 1) : 1;
    const [side, wide] = [height - bottom - 14, height - bottom - 14];
    const [dx, dy] = [wide / alphas.length, side / betas.length];
    const cells = points.map(point => svg('rect', {
        x: left + alphas.indexOf(point.alpha) * dx, y: 14 + side - (betas.indexOf(point.beta) + 1) * dy, width: dx + 0.3, height: dy + 0.3, 'fill-opacity': shade(point.loss).toFixed(3),
    }, svg('title', {}, `α ${number(point.alpha)}, β ${number(point.beta)}: loss ${number(point.loss)}`)));
    const legend = left + wide + 40;
    return svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'slice', role: 'img', 'aria-label': `${title}: loss from ${number(low)} to ${number(high)}` },
        ...cells,
        text(left, height - 8, `α ${number(alphas[0])}`, 'start'), text(left + wide, height - 8, number(alphas.at(-1)), 'end'),
        text(left - 6, 24, number(betas.at(-1)), 'end'), text(left - 6, 14 + side, `β ${number(betas[0])}`, 'end'),
        ...[0, 1, 2, 3, 4].map(i => svg('rect', { x: legend, y: 14 + (4 - i) * side / 5, width: 18, height: side / 5 + 0.3, 'fill-opacity': (0.06 + 0.94 * i / 4).toFixed(3) })),
        text(legend + 26, 26, `loss ${number(high)}`, 'start'), text(legend + 26, 14 + side, number(low), 'start'));
}
