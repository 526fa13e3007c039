/** The cluster's jobs: queue, state and its reason, progress, who, and where the ranks are. */
import { el } from './elements.js';
import { count, counted, when } from './text.js';

const tones = { completed: 'good', failed: 'bad', running: 'good' };

export class JobsView {
    /** @param {{ open(job), cancel(job) }} does */
    constructor(cluster, does) {
        this.does = does;
        this.cards = new Map();
        this.summary = el('div', { class: 'chips' });
        this.list = el('div', { class: 'jobs' });
        this.more = el('p', { class: 'quiet' });
        this.element = el('div', { class: 'stack' }, this.list, this.more);
        this.show(cluster);
    }

    /** What is new: cards stay where they are, and so does what is held or chosen in them. */
    show(cluster) {
        const { jobs } = cluster;
        const of = state => jobs.filter(job => job.state === state).length;
        this.summary.replaceChildren(...['running', 'queued', 'completed', 'failed', 'cancelled'].filter(of).map(state => el('span', { class: `chip ${tones[state] ?? 'wait'}` }, `${count(of(state))} ${state}`)));
        const known = new Set(jobs.map(job => job.job));
        for (const [id, card] of this.cards) {
            if (!known.has(id)) {
                card.element.remove();
                this.cards.delete(id);
            }
        }
        jobs.forEach((job, i) => {
            const card = this.cards.get(job.job) ?? new JobCard(job, this.does);
            this.cards.set(job.job, card);
            card.show(job);
            if (this.list.children[i] !== card.element)
                this.list.insertBefore(card.element, this.list.children[i] ?? null);
        });
        this.more.textContent = jobs.length === 0 ? 'There is no job yet. A job comes here by disttrain submit.' : cluster.left > 0 ? `${counted(cluster.left, 'older job')} that ended ${cluster.left === 1 ? 'is' : 'are'} not listed.` : '';
    }
}

/** One job. */
class JobCard {
    constructor(job, does) {
        this.text = null;
        this.chips = el('div', { class: 'chips' });
        this.why = el('p', { class: 'why' });
        this.bar = el('progress', { 'aria-label': `progress of ${job.job}`, max: '1', value: '0' });
        this.steps = el('span', { class: 'quiet' });
        this.places = el('p', { class: 'quiet' });
        this.end = el('button', { type: 'button', class: 'small', onclick: () => this.ask(does) }, 'Cancel');
        this.sure = false;
        this.element = el('section', { class: 'card job', 'aria-label': `Job ${job.job}` },
            el('div', { class: 'bar' },
                el('div', { class: 'what' }, el('h2', {}, el('button', { type: 'button', class: 'link', onclick: () => does.open(job.job) }, job.job)),
                    el('p', { class: 'quiet' }, `${job.name && job.name !== job.job ? `${job.name}, ` : ''}by ${job.submitter}, ${when(job.submittedAt)}`)),
                this.end),
            this.chips, this.why, el('div', { class: 'steps' }, this.bar, this.steps), this.places);
    }

    /** The first press asks, the second does it. */
    async ask(does) {
        if (!this.sure) {
            this.sure = true;
            this.end.textContent = 'Cancel it?';
            setTimeout(() => { this.sure = false; this.end.textContent = 'Cancel'; }, 4000);
            return;
        }
        this.end.disabled = true;
        const problem = await does.cancel(this.job);
        this.end.disabled = false;
        if (problem)
            this.why.textContent = `It could not be cancelled: ${problem}`;
    }

    show(job) {
        const text = JSON.stringify(job);
        if (text === this.text)
            return;
        this.text = text;
        this.job = job.job;
        const isOver = !['queued', 'running'].includes(job.state);
        this.chips.replaceChildren(
            el('span', { class: `chip ${tones[job.state] ?? 'wait'}` }, job.place ? `queued, place ${job.place}` : job.state),
            job.waits ? el('span', { class: 'chip wait' }, job.waits) : '');
        this.why.textContent = job.why ?? '';
        this.why.hidden = !job.why;
        this.bar.value = job.totalSteps > 0 ? job.step / job.totalSteps : 0;
        this.bar.hidden = job.totalSteps === 0;
        this.steps.textContent = job.totalSteps > 0 ? `step ${count(job.step)} of ${count(job.totalSteps)}` : '';
        this.places.textContent = job.silos.map(silo => `${silo.ranks.length === 1 ? 'rank' : 'ranks'} ${silo.ranks.join(', ')} at ${silo.silo}`).join('; ');
        this.places.hidden = job.silos.length === 0;
        this.end.hidden = isOver;
    }
}
