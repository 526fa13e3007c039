/** Elements of the page. Texts from job files and logs get in as text alone: nothing here reads HTML. */

/** An element: attributes by name, "on…" as listeners, children as elements or texts. */
export function el(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
        if (value === null || value === undefined || value === false)
            continue;
        if (name.startsWith('on'))
            element.addEventListener(name.slice(2), value);
        else if (name === 'swatch')
            element.style.setProperty('--swatch', value);
        else
            element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
    return element;
}

/** A button that is on or off; it says whether it is. */
export function toggle(label, isOn, set, attributes) {
    return el('button', { type: 'button', 'aria-pressed': String(isOn), onclick: () => set(!isOn), ...attributes }, label);
}

/** Some of which one is chosen. */
export function segments(label, options, chosen, choose) {
    return el('div', { class: 'group', role: 'group', 'aria-label': label },
        el('span', { class: 'name', 'aria-hidden': 'true' }, label),
        el('div', { class: 'segments' }, options.map(([key, name]) =>
            el('button', { type: 'button', 'aria-pressed': String(key === chosen), onclick: () => choose(key) }, name))));
}

/** A small square in a line's colour. */
export function swatch(color) {
    return el('span', { class: 'swatch', swatch: color, 'aria-hidden': 'true' });
}

/** A number with its name. */
export function figure(label, value, more) {
    return el('div', { class: 'figure' }, el('div', { class: 'label' }, label), el('div', { class: 'value', title: value }, value), more && el('div', { class: 'more' }, more));
}

/** Hands the user a file. */
export function download(name, text) {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    const link = el('a', { href: address, download: name });
    link.click();
    URL.revokeObjectURL(address);
}
