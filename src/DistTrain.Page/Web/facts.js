/** What is to be known of a run beside its curves: figures, job file, data, hashes, versions. */
import { el, figure } from './elements.js';
import { count, counted, duration, number, share, when } from './text.js';
import { extremes, pointColumns } from './series.js';
import { verdict } from './faults.js';

/** How a run stands, as chips. */
export function chips(run) {
    const [word, tone, sentence] = verdict(run);
    const state = { completed: 'good', failed: 'bad', running: 'good' }[run.state] ?? 'wait';
    return el('div', { class: 'chips' },
        el('span', { class: `chip ${state}` }, run.progress?.totalSteps > 0 ? `${run.state}, step ${count(run.series.figures.steps)} of ${count(run.progress.totalSteps)}` : run.state),
        run.progress?.waits && el('span', { class: 'chip wait' }, run.progress.waits),
        !run.progress && el('span', { class: `chip ${tone}`, title: sentence }, word),
        el('span', { class: 'chip' }, run.keys['spec.model.name'] ?? 'model'),
        el('span', { class: 'chip' }, run.keys['spec.dataset.name'] ?? 'data'),
        el('span', { class: 'chip' }, `batch ${run.keys['spec.batch']}`),
        el('span', { class: 'chip' }, run.keys['spec.optimizer.name'] ?? 'optimizer'),
        el('span', { class: 'chip' }, `seed ${run.keys['spec.seed']}`));
}

/** The run in numbers. */
export function figures(run) {
    const of = run.series.figures;
    const tests = pointColumns(run, 'evaluations');
    const [key, named, shown] = of.testR2 === undefined ? ['accuracy', 'accuracy', share] : ['r2', 'R²', number];
    const best = extremes(tests.step, tests.of(key))?.high;
    const beside = (mae, top) => mae !== undefined ? `mean error ${number(mae)}, ` : top !== undefined ? `top k ${share(top)}, ` : '';
    const redone = (run.log ?? []).reduce((sum, line) => sum + (line.redone ?? 0), 0);
    const boxes = [
        figure(`Test ${named}`, shown(of.testR2 ?? of.testAccuracy), of.testLoss === undefined ? 'no evaluation yet' : `${beside(of.testMae, of.testTopAccuracy)}loss ${number(of.testLoss)}; best ${shown(best?.value)} at step ${count(best?.step)}`),
        of.validationLoss !== undefined && figure(`Validation ${named}`, shown(of.validationR2 ?? of.validationAccuracy), `${beside(of.validationMae, of.validationTopAccuracy)}loss ${number(of.validationLoss)}`),
        figure('Training loss', number(of.trainLoss), 'mean of the last epoch'),
        figure('Length', counted(of.steps, 'step'), `${number(of.epochs)} epochs, ${duration(of.seconds)} of training`),
        figure('Examples per second', count(of.imagesPerSecond), `median step ${number(of.stepMillisecondsMedian)} ms`),
        figure('Outside the passes', share(of.overheadShare), 'of a step: the wire, sums, waiting'),
        figure('Done again', counted(redone, 'step'), of.skippedSteps > 0 ? `${counted(of.skippedSteps, 'step')} made no update` : 'no step was skipped'),
    ];
    return el('div', { class: 'figures' }, boxes.filter(Boolean));
}

/** Job file, data and what it ran on. */
export function particulars(run, page) {
    const started = (run.log ?? []).filter(line => line.kind === 'started');
    const ended = (run.log ?? []).findLast(line => line.kind === 'ended');
    const data = run.data ?? {};
    return el('div', { class: 'grid' },
        el('section', { class: 'card' }, el('h2', {}, 'Run'), list([
            ['Job', run.job],
            ['Weights, SHA-256', run.weightsSha256, true],
            ['Data, fingerprint', data.fingerprint, true],
            ['Data', data.dataset && `${data.dataset}: ${count(data.trainExamples)} training${data.validationExamples ? `, ${count(data.validationExamples)} validation` : ''} and ${count(data.testExamples)} test examples of ${(data.shape ?? []).join(' × ')}, ${data.trainLabels ? 'a number to tell of each' : `${data.classes} classes`}`],
            ...started.map(line => ['Started', `${when(line.time)}: ${line.text}`]),
            ['Ended', ended && `${when(ended.time)}: ${ended.text}`],
            ['Report', `made ${when(page.made)} by disttrain ${page.program}`],
        ])),
        el('section', { class: 'card' }, el('details', { open: true }, el('summary', {}, el('b', {}, 'Job file')), el('pre', { tabindex: '0', 'aria-label': 'Job file' }, run.jobFile))));
}

function list(rows) {
    return el('dl', {}, rows.filter(([, value]) => value).flatMap(([name, value, mono]) => [el('dt', {}, name), el('dd', { class: mono ? 'mono' : null }, value)]));
}
