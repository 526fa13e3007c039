/** The landscape around a run's weights, where it was diagnosed: verdict with its evidence, ends and density of the spectrum, sharpness. */
import { el } from './elements.js';
import { count, number, share } from './text.js';
import { table } from './table.js';

const verdictTones = { minimum: 'good', saddle: 'wait', maximum: 'bad', plateau: 'wait', 'not-critical': 'wait', undecided: 'wait' };

const [width, height, edge] = [720, 170, 24];

/** A card a diagnosis; nothing for a run without any. */
export function landscape(run) {
    return (run.landscape ?? []).map(found => el('section', { class: 'card', 'aria-label': titleOf(found) },
        el('h2', {}, titleOf(found)),
        el('div', { class: 'chips' }, el('span', { class: `chip ${verdictTones[found.verdict] ?? 'wait'}` }, found.verdict), found.isComplete ? el('span', { class: 'chip' }, 'all eigenvalues') : ''),
        el('p', {}, found.reason),
        evidence(found),
        spectrum(found),
        found.sharpness ? table('Sharpness: how high the loss rises in a box around the weights', [
            { name: 'box', text: true, of: box => box.box },
            { name: 'radius', of: box => box.radius, show: number },
            { name: 'sharpness', of: box => box.sharpness, show: number },
            { name: 'highest loss', of: box => box.highestLoss, show: number },
            { name: 'passes', of: box => box.passes, show: count },
        ], found.sharpness) : ''));
}

function titleOf(found) {
    return found.step === undefined ? 'Landscape' : `Landscape at step ${count(found.step)}`;
}

/** What the verdict rests on. */
function evidence(found) {
    const uncertain = (value, show) => value && `${show(value.value)} ± ${show(value.error)}`;
    const rows = [
        ['Looked at', `${count(found.examples)} examples of the ${found.data} set, loss ${number(found.loss)}, ${found.r2 === undefined ? `accuracy ${share(found.accuracy)}` : `R² ${number(found.r2)}`}`],
        ['Gradient norm', `${number(found.gradientNorm)}; critical up to ${number(found.gradientTolerance)}`],
        ['Eigenvalues', `${number(found.lambdaMin)} to ${number(found.lambdaMax)}; zero within ± ${number(found.curvatureTolerance)}`],
        ['Positive', uncertain(found.positive, share)],
        ['Zero', uncertain(found.zero, share)],
        ['Negative', uncertain(found.negative, share)],
        ['Trace', uncertain(found.trace, number)],
        ['Took', `${count(found.products)} Hessian-vector products of ${found.precision}`],
    ];
    return el('dl', {}, rows.filter(([, value]) => value).flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

/** The nodes of the quadrature: each stands where eigenvalues are, as high as its share of them, on a logarithmic axis. */
function spectrum(found) {
    const nodes = (found.spectrum ?? []).filter(node => node.weight > 0 && Number.isFinite(node.value));
    if (nodes.length < 2)
        return '';
    const [low, high] = [Math.min(...nodes.map(node => node.value), 0), Math.max(...nodes.map(node => node.value), 0)];
    const floor = Math.floor(Math.log10(Math.max(1e-12, Math.min(...nodes.map(node => node.weight)))));
    const x = value => edge + (value - low) / (high - low || 1) * (width - 2 * edge);
    const y = weight => 8 + Math.min(1, Math.log10(weight) / (floor || -1)) * (height - edge - 8);
    const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'spectrum', role: 'img', 'aria-label': `Spectrum: ${nodes.length} nodes from ${number(low)} to ${number(high)}` },
        line(edge, height - edge, width - edge, height - edge, 'axis'),
        line(x(0), 8, x(0), height - edge, 'zero'),
        ...nodes.map(node => line(x(node.value), height - edge, x(node.value), y(node.weight), node.value < -found.curvatureTolerance ? 'node below' : 'node', `λ ${number(node.value)}, share ${number(node.weight)}`)),
        text(edge, height - 6, number(low), 'start'), text(width - edge, height - 6, number(high), 'end'), low < 0 && high > 0 ? text(x(0), height - 6, '0', 'middle') : '');
    return el('div', {}, el('p', { class: 'quiet' }, 'Spectrum: where eigenvalues are, and which share of them (logarithmic), of the first direction.'), picture, el('details', {}, el('summary', {}, 'Numbers'), table('Nodes of the spectrum', [
        { name: 'λ', of: node => node.value, show: number },
        { name: 'residual', of: node => node.residual, show: number },
        { name: 'share', of: node => node.weight, show: number },
    ], found.spectrum, { sort: true, file: 'spectrum.csv' })));
}

export function line(x1, y1, x2, y2, name, title) {
    return svg('line', { x1, y1, x2, y2, class: name }, title ? svg('title', {}, title) : '');
}

export function text(x, y, said, anchor) {
    return svg('text', { x, y, 'text-anchor': anchor }, said);
}

export function svg(tag, attributes, ...children) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes))
        element.setAttribute(name, value);
    element.append(...children);
    return element;
}
