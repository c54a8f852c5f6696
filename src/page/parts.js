// parts.js - what several views are made of.
import {may_act} from './api.js';
import {draw, foreign, make, printable} from './dom.js';
import {ago, duration, is_known, local_time, number, outcome_words, seconds, state_words, universal_time} from './words.js';

export const unseen = (text) => make('span', {class: 'unseen'}, text);

// A number; what is not known is a question mark that says so.
export function figure(value, digits = 0) {
	if (is_known(value)) return number(value, digits);
	return make('span', {class: 'unknown', title: 'not known'}, '?', unseen(' (not known)'));
}

// A moment, in local time, with the universal one at hand; its age too if wanted.
export function moment(value, with_age = false) {
	const at = seconds(value);
	if (at === null) return make('span', {class: 'quiet'}, '\u2013');
	return [make('time', {datetime: new Date(at * 1000).toISOString(), title: universal_time(at)}, local_time(at)),
		with_age && make('span', {class: 'tight'}, ` (${ago(at)})`)];
}

export const to_source = (source) => `#/source/${encodeURIComponent(source)}`;
export const to_message = (id) => `#/message/${encodeURIComponent(id)}`;
export const to_incident = (incident) => `#/incidents/${encodeURIComponent(incident)}`;

export function source_link(source, most = 80) {
	if (!source) return make('span', {class: 'quiet'}, 'nobody known');
	return make('a', {href: to_source(source)}, foreign(source, most));
}

export const incident_link = (incident) => make('a', {class: 'tight', href: to_incident(incident)}, `Incident ${number(incident)}`);

export function badge([words, tone]) {
	return make('span', {class: `badge ${tone}`}, words);
}

export const state_badge = (state) => badge(state_words(state));
export const outcome_badge = (state) => badge(outcome_words(state));

// How much of what suffices there is, as a bar with words.
export function meter(score, threshold) {
	const share = is_known(score) && threshold > 0 ? Math.min(1, Math.max(0, score / threshold)) : 0;
	const tone = share >= 1 ? 'bad' : share >= 0.5 ? 'odd' : 'still';
	return make('span', {class: 'meter'},
		draw('svg', {class: tone, viewBox: '0 0 60 8', width: 60, height: 8, 'aria-hidden': 'true'},
			draw('rect', {class: 'ground', width: 60, height: 8, rx: 2}),
			draw('rect', {class: 'mark', width: Math.round(share * 60), height: 8, rx: 2})),
		' ', make('span', {}, figure(score, 1), ' of ', figure(threshold, 1), ' bits'));
}

// Recipients a minute of the last hour, small.
export function pace(counts, name) {
	if (!Array.isArray(counts) || counts.length === 0) return make('span', {class: 'quiet'}, 'pace not known');
	const known = counts.filter(is_known);
	if (known.length === 0) return make('span', {class: 'quiet'}, 'pace not known');
	const most = Math.max(1, ...known);
	const sum = known.reduce((all, n) => all + n, 0);
	const words = `${number(sum)} recipients in ${known.length} minutes, at most ${number(most)} in one`;
	return draw('svg', {class: 'pace', viewBox: `0 0 ${counts.length * 2} 24`, width: 120, height: 24,
		preserveAspectRatio: 'none', role: 'img', 'aria-label': `${name ? `${name}: ` : ''}${words}`},
	draw('title', {}, words),
	draw('rect', {class: 'base', x: 0, y: 23.5, width: counts.length * 2, height: 0.5}),
	counts.map((n, i) => n > 0 && draw('rect', {class: 'bar', x: i * 2, width: 1.6,
		y: (23 - Math.max(1.5, n / most * 22)).toFixed(2), height: Math.max(1.5, n / most * 22).toFixed(2)})));
}

// Each reason with its weight. Those that speak for the source have a bar to the other side.
export function evidence_list(evidence) {
	if (!Array.isArray(evidence) || evidence.length === 0) return make('p', {class: 'quiet'}, 'There is no evidence.');
	const most = Math.max(1, ...evidence.map((e) => Math.abs(e.bits ?? 0)));
	return make('ul', {class: 'evidence'}, evidence.map((e) => {
		const share = Math.min(1, Math.abs(e.bits ?? 0) / most);
		return make('li', {},
			make('span', {class: 'bits'},
				draw('svg', {class: e.bits < 0 ? 'good' : 'bad', viewBox: '0 0 100 8', width: 100, height: 8,
					'aria-hidden': 'true', preserveAspectRatio: 'none'},
				draw('rect', {class: 'ground', width: 100, height: 8, rx: 2}),
				draw('rect', {class: 'mark', width: Math.max(2, Math.round(share * 100)), height: 8, rx: 2})),
				make('span', {class: 'number'}, e.bits > 0 ? '+' : '', figure(e.bits, 1), ' bits')),
			make('span', {}, foreign(e.text, 400), ' ', make('span', {class: 'quiet'}, '(', foreign(e.detector, 40), ')')),
			e.ids?.length > 0 && make('span', {class: 'ids'}, 'Seen in ', e.ids.slice(0, 6).map((id, i) =>
				[i > 0 && ', ', make('a', {href: to_message(id)}, foreign(id, 40))])));
	}));
}

// What the server says beside its rows: of what could not be read, or could not be told.
export function said_beside(data) {
	return data.said ? make('div', {class: 'notice odd'}, make('pre', {class: 'said'}, printable(data.said, 2000, true))) : null;
}

// A table; on a narrow screen each row becomes a card, so that each cell carries its column's name.
// columns: {name, cell(row), number}; the first is the row's head. key(row) names a row.
export function table(caption, columns, rows, key) {
	return make('table', {role: 'table'},
		make('caption', {}, caption),
		make('thead', {role: 'rowgroup'}, make('tr', {role: 'row'}, columns.map((c) =>
			make('th', {scope: 'col', role: 'columnheader', class: c.number ? 'number' : null}, c.name)))),
		make('tbody', {role: 'rowgroup'}, rows.map((row) =>
			make('tr', {role: 'row', 'data-key': key ? `row ${key(row)}` : null}, columns.map((c, i) =>
				make(i === 0 ? 'th' : 'td', {scope: i === 0 ? 'row' : null, role: i === 0 ? 'rowheader' : 'cell',
					'data-name': c.name, class: c.number ? 'number' : c.wide ? 'wide' : null}, make('div', {}, c.cell(row))))))));
}

// A button that opens the dialog of an action (deed.js). what: {source | incident | hold}.
export function deed_button(words, action, what, tone) {
	if (!may_act()) return null;
	const object = what.source ?? (what.hold ? `hold ${what.hold}` : `incident ${what.incident}`);
	return make('button', {type: 'button', class: tone, 'aria-label': `${words}: ${printable(object, 80)}`, 'data-do': 'deed', 'data-action': action,
		'data-source': what.source, 'data-incident': what.incident, 'data-hold': what.hold}, words);
}

export function only_reading() {
	return may_act() ? null : make('p', {class: 'quiet'}, 'You are a reader: you see all, and acting is for operators.');
}

export function notice(tone, ...content) {
	return make('div', {class: `notice ${tone}`}, content);
}

// "And 12 more", where a list was cut.
export function left_out(n, what) {
	return n > 0 ? make('p', {class: 'quiet'}, `${number(n)} more ${what} not shown.`) : null;
}

export function facts(rows) {
	return make('dl', {class: 'facts'}, rows.filter(Boolean).map(([name, ...value]) =>
		make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

export const age_of = (at) => duration(Math.max(0, at));
