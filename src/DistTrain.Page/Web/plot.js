/** A plot with the x axis of all others on the page: dragging over it zooms, a double click shows all, and its cursor is everybody's. */
import { el, swatch } from './elements.js';

const margins = { left: 66, right: 18, top: 10, bottom: 24 };

const plots = new Set();

/** What is out of view and not drawn yet. */
let waiting = [];

/** Colours by their meaning, in the theme that is on. */
export function palette() {
    const style = getComputedStyle(document.documentElement);
    const of = name => style.getPropertyValue(name).trim();
    const dark = document.documentElement.dataset.theme === 'dark';
    return {
        text: of('--text'), quiet: of('--quiet'), line: of('--line'), card: of('--card'), bad: of('--bad'), dark,
        series: dark
            ? ['#7ea4ff', '#ffa95c', '#5fd3a0', '#d59bff', '#ff8a8f', '#5fd0e0', '#ff9ad5', '#d8cf5a', '#a9b4c4', '#c99a78']
            : ['#2f62e0', '#d9640b', '#0d8a55', '#8342c9', '#c4232f', '#0b8396', '#c0328c', '#86800a', '#5b6472', '#8a5a3a'],
    };
}

/** Removes all plots: what they were part of is drawn anew. */
export function clearPlots() {
    for (const plot of plots)
        plot.chart.dispose();
    plots.clear();
    waiting = [];
}

/**
 * Draws what is in view at once, and the rest one a frame: who opens very many curves sees the first of them soon.
 * @param {{ element }[]} parts of the page
 * @param {(part) => void} draw
 */
export function drawInTurn(parts, draw) {
    const isSeen = ({ element }) => { const { top, bottom } = element.getBoundingClientRect(); return bottom > 0 && top < innerHeight; };
    // Asked of all of them first: each drawing moves those behind it.
    const seen = new Set(parts.filter(isSeen));
    const isAsked = waiting.length > 0;
    // Who waits already is first: a run that grows faster than all of it is drawn would never come to the last ones.
    const before = new Set(waiting.map(one => one.part));
    waiting = parts.filter(part => !seen.has(part)).sort((a, b) => before.has(b) - before.has(a)).map(part => ({ part, draw: () => draw(part) }));
    seen.forEach(draw);
    if (!isAsked && waiting.length > 0)
        requestAnimationFrame(drawNext);
}

function drawNext() {
    waiting.shift()?.draw();
    if (waiting.length > 0)
        requestAnimationFrame(drawNext);
}

export class Plot {
    /**
     * @param {string} label what it shows, for those who do not see it
     * @param {number} height in pixels
     * @param {{ zoom(from, to), all(), move(share), closer(factor) }} controls of the page's x axis
     */
    constructor(label, height, controls) {
        this.band = el('div', { class: 'band' });
        this.line = el('div', { class: 'cursor' });
        this.host = el('div', {
            class: 'chart', tabindex: '0', role: 'img', 'aria-label': `${label}. Arrow keys move, plus and minus zoom, 0 shows all. The numbers are in the table below it.`,
        });
        this.host.style.height = `${height}px`;
        this.controls = controls;
        this.listen();
    }

    /** Draws, once the element is on the page. */
    show(option) {
        if (!this.chart) {
            this.chart = echarts.init(this.host, null, { renderer: 'canvas' });
            this.host.append(this.band, this.line);
            plots.add(this);
            this.chart.on('updateAxisPointer', event => this.follow(event.axesInfo?.[0]?.value));
            this.chart.on('globalout', () => this.follow(null));
        }
        this.chart.setOption({ animation: false, backgroundColor: 'transparent', ...option }, { notMerge: true });
    }

    sized(height) {
        if (this.host.style.height === `${height}px`)
            return;
        this.host.style.height = `${height}px`;
        this.resize();
    }

    resize() {
        this.chart?.resize();
    }

    follow(x) {
        for (const plot of plots)
            plot.point(plot === this ? null : x);
    }

    point(x) {
        const at = typeof x === 'number' ? this.chart.convertToPixel({ xAxisIndex: 0 }, x) : NaN;
        const inside = at >= margins.left && at <= this.host.clientWidth - margins.right;
        this.line.style.display = inside ? 'block' : 'none';
        if (inside)
            this.line.style.left = `${at}px`;
    }

    listen() {
        const { host, controls } = this;
        let begun = null;
        const clamped = event => Math.min(Math.max(event.clientX - host.getBoundingClientRect().left, margins.left), host.clientWidth - margins.right);
        host.addEventListener('pointerdown', event => {
            // A finger scrolls the page; it zooms by the buttons.
            if (event.pointerType !== 'mouse' || event.button !== 0)
                return;
            begun = clamped(event);
            host.setPointerCapture(event.pointerId);
        });
        host.addEventListener('pointermove', event => {
            if (begun === null)
                return;
            const now = clamped(event);
            Object.assign(this.band.style, { display: 'block', left: `${Math.min(begun, now)}px`, width: `${Math.abs(now - begun)}px` });
        });
        host.addEventListener('pointerup', event => {
            if (begun === null)
                return;
            const [from, to] = [begun, clamped(event)].sort((a, b) => a - b).map(at => this.chart.convertFromPixel({ xAxisIndex: 0 }, at));
            const wide = Math.abs(clamped(event) - begun) > 4;
            begun = null;
            this.band.style.display = 'none';
            if (wide)
                controls.zoom(from, to);
        });
        host.addEventListener('pointercancel', () => { begun = null; this.band.style.display = 'none'; });
        host.addEventListener('dblclick', () => controls.all());
        host.addEventListener('keydown', event => {
            const does = { ArrowLeft: () => controls.move(-0.25), ArrowRight: () => controls.move(0.25), '+': () => controls.closer(0.5), '=': () => controls.closer(0.5), '-': () => controls.closer(2), 0: () => controls.all() }[event.key];
            if (!does || event.ctrlKey || event.metaKey || event.altKey)
                return;
            event.preventDefault();
            does();
        });
    }
}

/** Sizes all plots to their places. */
export function resizePlots() {
    for (const plot of plots)
        plot.resize();
}

/** The x axis of every plot. */
export function xAxis(colors, x, gridIndex = 0) {
    return {
        gridIndex,
        type: x.log ? 'log' : 'value',
        min: x.from,
        max: x.to,
        axisLine: { lineStyle: { color: colors.line } },
        axisTick: { show: false },
        axisLabel: { color: colors.quiet, fontSize: 11, hideOverlap: true, formatter: x.format, showMinLabel: x.whole, showMaxLabel: false },
        splitLine: { show: false },
        axisPointer: { label: { show: false }, lineStyle: { color: colors.quiet, type: 'solid', width: 1, opacity: 0.55 } },
    };
}

/** Where plots lie in their elements: the same left and right in all of them, so that one axis is that of all. */
export const grid = { ...margins, containLabel: false };

/** A tooltip that is made of elements. */
export function tooltip(colors, content) {
    return {
        confine: true, transitionDuration: 0, appendTo: 'body', className: 'tip', backgroundColor: colors.card, borderColor: colors.line, borderWidth: 1, padding: [6, 10],
        textStyle: { color: colors.text, fontSize: 12.5 }, formatter: content,
    };
}

/**
 * Curves over one x axis.
 * Lines are { name, color, points: [[x, y, step]…], width, opacity, dash, dots, quiet: not in the tooltip, band: [[x, low, high]…] }.
 * @param {{ lines, marks: number[], x, log, format, colors }} what
 */
export function curves({ lines, marks, x, log, format, colors }) {
    const inside = ([at]) => at >= x.from && at <= x.to;
    const fits = y => y !== null && Number.isFinite(y) && (!log || y > 0);
    const values = lines.flatMap(line => [
        ...(line.points ?? []).filter(inside).map(point => point[1]),
        ...(line.band ?? []).filter(inside).flatMap(point => [point[1], point[2]]),
    ]).filter(fits);
    const [low, high, interval] = range(values, log);
    return {
        grid: { ...grid },
        tooltip: { trigger: 'axis', ...tooltip(colors, shown => reading(shown, lines, x, format)) },
        xAxis: xAxis(colors, x),
        yAxis: {
            type: log ? 'log' : 'value', min: low, max: high, interval,
            axisLabel: { color: colors.quiet, fontSize: 11, hideOverlap: true, formatter: format },
            splitLine: { lineStyle: { color: colors.line } },
        },
        series: lines.map((line, i) => line.band ? bandSeries(line, log) : {
            type: 'line', id: String(i), name: line.name, data: line.points.filter(point => fits(point[1]) && (!x.log || point[0] > 0)),
            showSymbol: line.dots ?? false, symbol: 'circle', symbolSize: 6, color: line.color, clip: true, z: line.quiet ? 2 : 3,
            lineStyle: { width: line.width ?? 1.8, opacity: line.opacity ?? 1, type: line.dash ?? 'solid' },
            itemStyle: { opacity: line.opacity ?? 1 }, emphasis: { disabled: true },
            markLine: i === 0 && marks.length > 0 ? {
                silent: true, symbol: 'none', animation: false, label: { show: false },
                lineStyle: { color: colors.bad, width: 1, type: 'dashed', opacity: 0.55 }, data: marks.map(at => ({ xAxis: at })),
            } : undefined,
        }),
    };
}

/** What the tooltip says of a place: each line's value there, under the place itself. */
function reading(shown, lines, x, format) {
    const said = (Array.isArray(shown) ? shown : [shown]).filter(one => lines[one.seriesId] && !lines[one.seriesId].quiet);
    const [first] = Array.isArray(shown) ? shown : [shown];
    const step = said.map(one => one.data[2]).find(Number.isFinite);
    const at = x.said(first?.axisValue ?? first?.data?.[0], step);
    return el('div', {}, el('div', { class: 'at' }, at), said.slice(0, 12).map(one => el('div', { class: 'row' },
        el('span', {}, swatch(lines[one.seriesId].color), one.seriesName), el('b', {}, format(one.data[1])))),
        said.length > 12 && el('div', { class: 'at' }, `and ${said.length - 12} more`));
}

/** The area between two curves. */
function bandSeries(line, log) {
    const points = log ? line.band.filter(point => point[1] > 0) : line.band;
    return {
        type: 'custom', silent: true, clip: true, data: points.length > 0 ? [[points[0][0], points[0][1]]] : [], z: 1, tooltip: { show: false },
        renderItem: (_, api) => ({
            type: 'polygon', silent: true,
            shape: { points: [...points.map(([at, low]) => api.coord([at, low])), ...points.toReversed().map(([at, , high]) => api.coord([at, high]))] },
            style: { fill: line.color, opacity: 0.16 },
        }),
    };
}

/** Round bounds around values, and from one label to the next: of a logarithmic axis powers of ten. */
function range(values, log) {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values)
        [low, high] = [Math.min(low, value), Math.max(high, value)];
    if (low > high)
        return [log ? 0.1 : 0, 1];
    if (log)
        return [10 ** Math.floor(Math.log10(low)), 10 ** Math.max(Math.ceil(Math.log10(high)), Math.floor(Math.log10(low)) + 1)];
    if (low === high)
        [low, high] = low === 0 ? [0, 1] : low > 0 ? [0, low * 1.2] : [low * 1.2, 0];
    // Near zero, zero belongs to the picture.
    if (low > 0 && low < (high - low) * 0.4)
        low = 0;
    const rough = (high - low) / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].find(factor => factor * power >= rough) * power;
    return [Number((Math.floor(low / step) * step).toPrecision(12)), Number((Math.ceil(high / step) * step).toPrecision(12)), step];
}
