/** One run: its figures, its curves, what happened to it, and what it was. */
import { el } from './elements.js';
import { axes, place, stepAt } from './series.js';
import { count, duration, number } from './text.js';
import { view } from './state.js';
import { kindsOf, panelOf } from './panels.js';
import { FaultPanel, marksOf } from './faults.js';
import { chips, figures, particulars } from './facts.js';
import { landscape } from './landscape.js';
import { slices } from './slices.js';
import { RanksPanel } from './ranks.js';
import { drawInTurn, palette } from './plot.js';

export class RunView {
    constructor(run, page, controls) {
        this.run = run;
        const kinds = kindsOf(run);
        const isEmpty = run.series.steps.step.length === 0;
        const panels = kinds.map((kind, i) => panelOf(run, kind, i === 0 ? 300 : 220, controls));
        const faults = isEmpty ? null : new FaultPanel(run, controls);
        this.parts = isEmpty ? [] : [...panels, faults];
        this.faults = faults;
        this.plots = kinds.length;
        this.head = chips(run);
        this.numbers = figures(run);
        this.ranks = new RanksPanel(run, palette().series);
        this.element = el('div', { class: 'stack' },
            run.notes.map(note => el('p', { class: 'note' }, note)),
            this.numbers,
            isEmpty && el('p', { class: 'card empty' }, 'This run has no step yet: there is nothing to draw.'),
            panels[0] && !isEmpty && panels[0].element,
            faults?.element,
            this.ranks.element,
            !isEmpty && el('div', { class: 'grid' }, panels.slice(1).map(panel => panel.element)),
            landscape(run),
            slices(run),
            particulars(run, page));
    }

    /** The run has grown; false: it has plots now that it had not, and the view has to be made anew. */
    refresh() {
        if (this.run.series.steps.step.length > 0 === (this.faults === null) || kindsOf(this.run).length !== this.plots)
            return false;
        const [head, numbers] = [chips(this.run), figures(this.run)];
        this.head.replaceWith(head);
        this.numbers.replaceWith(numbers);
        [this.head, this.numbers] = [head, numbers];
        this.faults?.refresh();
        this.ranks.refresh(this.run);
        return true;
    }

    /** Where the axis begins and ends when all is shown. */
    whole(axis) {
        const places = this.run.series.steps[axis];
        return places.length === 0 ? [0, 1] : [view.logX ? places[0] : 0, places.at(-1)];
    }

    /** The same window on another axis. */
    moved(x, from, to) {
        return place(this.run, stepAt(this.run, x, from), to);
    }

    draw(x) {
        const { run } = this;
        const said = (at, step) => {
            step ??= stepAt(run, at, view.x);
            return `step ${count(step)}, epoch ${number(place(run, step, 'epoch'))}, ${duration(place(run, step, 'seconds'))}`;
        };
        const axis = { ...x, format: axes[view.x].format, said };
        const marks = marksOf(run);
        drawInTurn(this.parts, part => part.draw(axis, marks));
    }
}
