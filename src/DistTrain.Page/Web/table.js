/** Tables of numbers: a part at first, more on demand, sortable, and whole as a file. */
import { el, download } from './elements.js';

const atFirst = 200;

/**
 * A table. Columns are { name, text: left-aligned, of: row => value, show: value => text or element, wide }; with sort they can be sorted by.
 */
export function table(caption, columns, rows, { sort = false, file = null, note = null } = {}) {
    const box = el('div', {});
    let [by, falls, shown] = [null, false, atFirst];
    const draw = focus => {
        const sorted = by === null ? rows : [...rows].sort((a, b) => compared(columns[by].of(a), columns[by].of(b)) * (falls ? -1 : 1));
        const head = columns.map((column, i) => el('th', {
            scope: 'col',
            class: column.text ? 'text' : null,
            'aria-sort': by === i ? (falls ? 'descending' : 'ascending') : null,
        }, sort && column.name ? el('button', { type: 'button', 'data-column': i, onclick: () => { [falls, by] = [by === i ? !falls : !column.text, i]; draw(i); } }, column.name, by === i ? (falls ? ' ↓' : ' ↑') : '') : column.name));
        const body = sorted.slice(0, shown).map(row => el('tr', {}, columns.map(column =>
            el('td', { class: [column.text ? 'text' : '', column.wide ? 'wide' : ''].join(' ').trim() || null }, (column.show ?? String)(column.of(row), row)))));
        box.replaceChildren(
            el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
                el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, head)), el('tbody', {}, body))),
            el('p', { class: 'group' },
                rows.length > shown && el('button', { type: 'button', class: 'small', onclick: () => { shown *= 10; draw(); } }, `${Math.min(shown, rows.length)} of ${rows.length} rows; show more`),
                file && el('button', { type: 'button', class: 'small', onclick: () => download(file, csv(columns, sorted)) }, 'Download as CSV'),
                note && el('span', { class: 'quiet' }, note)));
        if (focus !== undefined)
            box.querySelector(`[data-column="${focus}"]`)?.focus();
    };
    draw();
    return box;
}

/** What is not known comes last, whichever way. */
function compared(a, b) {
    const missing = value => value === null || value === undefined || Number.isNaN(value);
    if (missing(a) || missing(b))
        return missing(a) - missing(b);
    return typeof a === 'string' || typeof b === 'string' ? String(a).localeCompare(String(b), 'en', { numeric: true }) : a - b;
}

/** All digits that the numbers have. A text that a spreadsheet would take for a formula gets a quote before it. */
function csv(columns, rows) {
    const cell = value => {
        const text = value === null || value === undefined ? '' : String(value);
        const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
        return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    return [columns.map(column => cell(column.name)), ...rows.map(row => columns.map(column => cell(column.of(row))))].map(line => line.join(',')).join('\n') + '\n';
}
