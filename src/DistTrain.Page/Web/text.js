/** Numbers and times as people read them; a dash for what is not known. */

const unknown = '–';

/** 0.0123456 → "0.01235", 12345 → "12,345", 0.00001 → "1e-5". */
export function number(value) {
    if (value === null || value === undefined)
        return unknown;
    if (!Number.isFinite(value))
        return String(value);
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e7 || size < 1e-4))
        return value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e');
    return Number(value.toPrecision(size >= 1000 ? 5 : 4)).toLocaleString('en-US', { maximumFractionDigits: 8 });
}

/** 1880.4 → "1,880". */
export function count(value) {
    return value === null || value === undefined ? unknown : Math.round(value).toLocaleString('en-US');
}

/** 0.98765 → "98.77 %". */
export function share(value) {
    return value === null || value === undefined ? unknown : `${(value * 100).toFixed(2)} %`;
}

/** On an axis: 0.985 → "98.5 %". */
export function percent(value) {
    return `${Number((value * 100).toPrecision(6))} %`;
}

/** Seconds: "0.8 s", "12.3 s", "4:07", "1:02:03". */
export function duration(seconds) {
    if (seconds === null || seconds === undefined)
        return unknown;
    if (seconds < 60)
        return `${Number(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
    const two = part => String(part).padStart(2, '0');
    const whole = Math.round(seconds);
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** ISO 8601 → "2026-11-30 09:12:03 UTC". */
export function when(time) {
    return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** "1 step", "2 steps". */
export function counted(value, word) {
    return `${count(value)} ${word}${value === 1 ? '' : 's'}`;
}
