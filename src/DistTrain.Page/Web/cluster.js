/** A page that a cluster serves: who looks, its jobs, one of them, and the way to another silo when this one is gone. */
import { el } from './elements.js';
import { JobsView } from './jobs.js';
import { change, view } from './state.js';

const patience = 1000;

/** Asks for a token, and exchanges it for a cookie that no script can read. */
export function signIn(why, done) {
    const token = el('input', { id: 'token', type: 'password', autocomplete: 'off', required: true, spellcheck: 'false' });
    const said = el('p', { class: 'note bad', role: 'alert', hidden: true });
    const form = el('form', { class: 'card signin' },
        el('h2', {}, 'Who are you?'),
        el('p', { class: 'quiet' }, `${why.charAt(0).toUpperCase()}${why.slice(1)}. What is typed here is exchanged for a cookie, and not kept.`),
        el('label', { for: 'token' }, 'Token'), token, el('button', { type: 'submit' }, 'Sign in'), said);
    form.addEventListener('submit', async event => {
        event.preventDefault();
        const answer = await fetch('session', { method: 'POST', headers: { Authorization: `Bearer ${token.value.trim()}` } }).catch(error => error);
        token.value = '';
        if (answer.ok)
            return done();
        said.hidden = false;
        said.textContent = answer.text ? await answer.text() : `There was no answer: ${answer.message}`;
    });
    return form;
}

/** The list of jobs, and what can be done there. */
export function jobsOf(cluster) {
    return new JobsView(cluster, {
        open: job => change({ job, run: 0, compare: false, from: null, to: null }),
        cancel: async job => {
            const answer = await fetch(`jobs/${encodeURIComponent(job)}/cancel`, { method: 'POST' }).catch(error => error);
            return answer.ok ? null : answer.text ? (await answer.text()).trim() : answer.message;
        },
    });
}

/** Who looks, and the way back to all jobs. */
export function clusterBar(cluster, left) {
    return el('div', { class: 'tabs' },
        view.job !== null && el('button', { type: 'button', onclick: () => change({ job: null, from: null, to: null }) }, '← All jobs'),
        el('span', { class: 'who quiet' }, cluster.caller ? `${cluster.caller}, ${cluster.role}` : 'Nobody is asked who they are here.'),
        cluster.caller && el('button', { type: 'button', class: 'small', onclick: async () => { await fetch('session', { method: 'DELETE' }); left(); } }, 'Sign out'));
}

/** Follows the list of jobs. Calls as those of follow. */
export function followJobs(calls) {
    const source = new EventSource('news');
    source.onopen = () => calls.lost(false);
    source.onerror = () => calls.lost(true, source.readyState === EventSource.CLOSED);
    source.onmessage = event => calls.told(JSON.parse(event.data).cluster);
    return source;
}

/**
 * The way on when this silo is gone: to a page of the cluster that answers, with the view that the address holds. Its policy lets this page ask those that
 * there were when it was opened; to others it has links.
 */
export class Elsewhere {
    constructor(cluster) {
        this.may = cluster.pages.filter(page => page !== cluster.own);
        this.told = this.may;
        this.timer = null;
        this.note = null;
    }

    tell(cluster) {
        this.told = cluster.pages.filter(page => page !== cluster.own);
    }

    /** @param {boolean} isLost the silo does not answer */
    lost(isLost, main) {
        if (!isLost) {
            clearTimeout(this.timer);
            [this.timer, this.note] = [null, this.note?.remove() ?? null];
        } else if (this.timer === null) {
            this.note = el('p', { class: 'note bad lost', role: 'status' }, 'The silo that serves this page does not answer: what is shown is the last that it told. ',
                this.told.length > 0 ? ['The page goes on at another one as soon as it answers: ', this.told.flatMap((page, i) => [i > 0 ? ', ' : '', el('a', { href: `${page}/${location.hash}` }, page)])] : 'It was told of no other one, and goes on when it is back.');
            main.prepend(this.note);
            this.timer = setTimeout(() => this.look(), patience);
        }
    }

    async look() {
        for (const page of this.may) {
            // What answers is all that can be learned of another address, and all that is needed.
            const answers = await fetch(`${page}/alive`, { mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(2000) }).then(() => true, () => false);
            if (this.timer === null)
                return;
            if (answers) {
                location.replace(`${page}/${location.hash}`);
                return;
            }
        }
        this.timer = setTimeout(() => this.look(), patience);
    }
}
