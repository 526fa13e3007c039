/** Where a step's time goes, by rank: a bar each, and its numbers. */
import { el, swatch } from './elements.js';
import { number } from './text.js';
import { table } from './table.js';

const parts = [
    ['compute', 'compute'],
    ['push', 'push'],
    ['wait', 'waits for others'],
    ['update', 'sums and update'],
    ['pull', 'pull'],
];

export class RanksPanel {
    constructor(run, colors) {
        this.colors = colors;
        this.told = null;
        this.isOpen = false;
        this.element = el('section', { class: 'card panel', 'aria-label': 'Where a step’s time goes' });
        this.refresh(run);
    }

    /** What was told last; nothing where a run's ranks are not told of. */
    refresh(run) {
        const { ranks, hangs } = run.progress ?? run;
        const text = JSON.stringify([ranks, hangs]);
        if (text === this.told)
            return;
        this.told = text;
        this.element.hidden = !ranks || ranks.length === 0;
        if (this.element.hidden)
            return;
        const whole = row => parts.reduce((sum, [part]) => sum + row[part], 0);
        const longest = Math.max(...ranks.map(whole));
        const slow = ranks.filter(row => row.isSlow);
        this.element.replaceChildren(
            el('h2', {}, 'Where a step’s time goes ', el('span', { class: 'quiet' }, run.progress ? 'ms, by rank' : 'ms, by rank, of the last steps')),
            el('p', { class: 'legend' }, parts.map(([, name], i) => el('span', {}, swatch(this.colors[i]), name))),
            hangs ? el('p', { class: 'note bad' }, `The open step waits for ${hangs}.`) : '',
            slow.length > 0 ? el('p', { class: 'note' }, `${slow.length === 1 ? 'Rank' : 'Ranks'} ${slow.map(row => row.rank).join(', ')} ${slow.length === 1 ? 'is' : 'are'} slow: others wait.`) : '',
            el('div', { class: 'ranks' }, ranks.slice(0, 64).map(row => el('div', { class: 'rank' },
                el('span', { class: 'quiet' }, `${row.rank}${row.silo ? '' : ' ?'}`),
                el('div', { class: 'shares', role: 'img', 'aria-label': `rank ${row.rank}: ${parts.map(([part, name]) => `${name} ${number(row[part])} ms`).join(', ')}` },
                    parts.map(([part], i) => {
                        const share = el('span', { swatch: this.colors[i] });
                        share.style.width = `${row[part] / longest * 100}%`;
                        return share;
                    })),
                el('span', { class: 'quiet' }, row.silo ? number(whole(row)) : 'no answer')))),
            this.numbers(ranks));
    }

    numbers(ranks) {
        const details = el('details', { open: this.isOpen }, el('summary', {}, 'Numbers'), table('Milliseconds of a step, by rank', [
            { name: 'rank', of: row => row.rank },
            ...parts.map(([part, name]) => ({ name, of: row => row[part], show: number })),
            { name: 'silo', text: true, of: row => row.silo ?? 'no answer' },
        ], ranks, { sort: true, file: 'ranks.csv' }));
        details.addEventListener('toggle', () => { this.isOpen = details.open; });
        return details;
    }
}
