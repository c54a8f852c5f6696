// records.js - what was done and what holds: holds, exemptions, blocklists, the journal, replays.
import {ask} from './api.js';
import {foreign, make, printable} from './dom.js';
import {badge, deed_button, facts, figure, incident_link, left_out, meter, moment, notice, only_reading, outcome_badge, said_beside, source_link, table} from './parts.js';
import {count, deed_words, event_words, is_known, messages, number, plain, state_words} from './words.js';

const nothing = (words) => notice('still', make('p', {}, words));

function draw_holds(data) {
	const rows = data.holds ?? [];
	return [
		make('h1', {}, 'Holds'), make('p', {class: 'quiet'}, 'Mail that was taken out of delivery and kept. No hold ends by itself.'), only_reading(),
		rows.length === 0 ? nothing('Nothing is held.') : table('Holds, the newest first', [
			{name: 'Hold', cell: (h) => (is_known(h.hold) ? `Hold ${number(h.hold)}` : 'not in the journal')},
			{name: 'Source', cell: (h) => source_link(h.source)},
			{name: 'Made', cell: (h) => moment(h.created, true)},
			{name: 'Why', wide: true, cell: (h) => [foreign(h.reason, 200), h.who && make('span', {class: 'quiet'}, h.reason ? ', by ' : 'by ', foreign(h.who, 80))]},
			{name: 'Messages', number: true, cell: (h) => figure(h.messages)},
			{name: 'Held', number: true, cell: (h) => figure(h.held)},
			{name: 'State', cell: (h) => [foreign(h.state, 60), is_known(h.expires) && make('span', {class: 'quiet'}, ', kept until ', moment(h.expires), ' at least')]},
			{name: 'Actions', cell: (h) => (h.held > 0 && is_known(h.hold) ? make('span', {class: 'buttons'}, deed_button('Put back', 'restore', {hold: h.hold}), deed_button('Purge', 'purge', {hold: h.hold}, 'danger')) : '')},
		], rows, (h) => h.hold ?? `stray ${h.queue}`),
		left_out(data.left_out, 'holds are'), said_beside(data)];
}

function draw_exemptions(data) {
	const rows = data.exemptions ?? [];
	return [
		make('h1', {}, 'Exemptions'), make('p', {class: 'quiet'}, 'Sources that are never contained by themselves.'), only_reading(),
		rows.length === 0 ? nothing('Nobody is exempted.') : table('Exemptions', [
			{name: 'Source', cell: (e) => source_link(e.source)},
			{name: 'Since', cell: (e) => moment(e.since)},
			{name: 'Until', cell: (e) => (is_known(e.until) ? moment(e.until) : 'it is removed')},
			{name: 'By', cell: (e) => foreign(e.who, 80)},
			{name: 'Reason', wide: true, cell: (e) => foreign(e.reason, 300)},
			{name: 'Actions', cell: (e) => deed_button('Remove', 'unexempt', {source: e.source})},
		], rows, (e) => e.source),
		left_out(data.left_out, 'exemptions are'), said_beside(data)];
}

const listed_words = (listed) => (listed === true ? ['listed', 'bad'] : listed === false ? ['not listed', 'good'] : ['? not known', 'odd']);

function draw_blocklists(data) {
	const rows = data.lists ?? [];
	const bad = rows.filter((l) => l.listed === true).length;
	const unknown = rows.filter((l) => !is_known(l.listed)).length;
	const tone = bad > 0 ? 'bad' : unknown > 0 || rows.length === 0 ? 'odd' : 'good';
	const words = rows.length === 0 ? 'No blocklist was asked.' : bad > 0 ? `${count(bad, 'answer says', 'answers say')} that an address of ours is listed.` :
		unknown > 0 ? 'None of our addresses is known to be listed, but not all lists answered.' : 'None of our addresses is listed.';
	return [
		make('h1', {}, 'Blocklists'),
		notice(tone, make('p', {}, make('strong', {}, words), is_known(data.checked_at) && [' Asked ', moment(data.checked_at, true), '.'], unknown > 0 && ` ${count(unknown, 'answer', 'answers')} not known.`)),
		rows.length > 0 && table('What each list says of each address', [
			{name: 'Address', cell: (l) => foreign(l.address, 60)},
			{name: 'List', cell: (l) => foreign(l.zone, 100)},
			{name: 'Answer', cell: (l) => badge(listed_words(l.listed))},
			{name: 'Words', wide: true, cell: (l) => foreign(l.text, 300)},
		], [...rows].sort((a, b) => (b.listed === true) - (a.listed === true)), (l) => `${l.address} ${l.zone}`),
		said_beside(data)];
}

// ---- the journal, page by page ----

async function load_journal(_route, before) {
	if (before?.pages > 1) return before;
	const fresh = {...(await ask('audit', {limit: 100})), pages: 1};
	return before?.pages > 1 || before?.is_fetching ? before : fresh;
}

const kinds = {hold: 'Mail was held', restore: 'Mail was put back', purge: 'Held mail was ended for good', exempt: 'The source was exempted', unexempt: 'The exemption ended', opened: 'The incident was opened'};

function what_words(e) {
	if (e.kind === 'step') return event_words(e.what);
	if (e.kind === 'deed') return deed_words(e.what);
	return kinds[e.what] ?? String(e.what ?? '?');
}

function by_words(e) {
	if (e.who_known === false) return make('span', {class: 'quiet'}, 'not kept');
	return is_known(e.who) ? foreign(e.who, 100) : 'the daemon';
}

const queue_counts = [['done', 'done'], ['left', 'left'], ['missing', 'missing'], ['conflict', 'in conflict']];

function change_words(e) {
	if (e.kind === 'step' && e.from && e.to) return `${state_words(e.from)[0]} \u2192 ${state_words(e.to)[0]}`;
	if (e.kind === 'queue')
		return [outcome_badge(e.state), ' ', is_known(e.messages) ? messages(e.messages) : '', queue_counts.map(([key, words]) => e[key] > 0 && `, ${number(e[key])} ${words}`)];
	if (e.kind === 'exemption' && is_known(e.until)) return ['until ', moment(e.until)];
	return is_known(e.state) ? outcome_badge(e.state) : '';
}

function draw_journal(data) {
	const rows = data.entries ?? [];
	return [
		make('h1', {}, 'Journal'), make('p', {class: 'quiet'}, 'All that was ever done, and by whom.'),
		rows.length === 0 ? nothing('Nothing was ever done.') : table('Entries, the newest first', [
			{name: 'When', cell: (e) => moment(e.at)},
			{name: 'What', cell: (e) => foreign(what_words(e), 100)},
			{name: 'By', cell: (e) => by_words(e)},
			{name: 'Of', cell: (e) => [e.source && source_link(e.source, 60), is_known(e.incident) && [' ', incident_link(e.incident)], is_known(e.hold) && ` hold ${number(e.hold)}`]},
			{name: 'Change', cell: (e) => change_words(e)},
			{name: 'Words', wide: true, cell: (e) => foreign(e.words, 300)},
		], rows, (e) => e.cursor),
		data.next && make('p', {class: 'buttons'}, make('button', {type: 'button', 'data-do': 'more', disabled: data.is_fetching}, 'Older')),
		data.trouble && notice('bad', make('p', {role: 'alert'}, foreign(data.trouble, 300)))];
}

async function older(shown, page) {
	const data = shown.data;
	if (!data?.next || data.is_fetching) return;
	data.is_fetching = true;
	data.trouble = null;
	try {
		const next = await ask('audit', {limit: 100, before: data.next});
		Object.assign(data, {entries: [...data.entries, ...(next.entries ?? [])], next: next.next, pages: data.pages + 1});
	} catch (refusal) {
		data.trouble = refusal.message;
	}
	data.is_fetching = false;
	if (shown.data === data) page.draw_shown();
}

// ---- replays ----

function finding_rows(caption, list) {
	if (!Array.isArray(list) || list.length === 0) return null;
	return table(caption, [
		{name: 'Source', cell: (f) => source_link(f.source)},
		{name: 'When', cell: (f) => moment(f.at)},
		{name: 'Evidence', cell: (f) => meter(f.score, f.threshold)},
		{name: 'Recipients before', number: true, cell: (f) => figure(f.recipients)},
		{name: 'Recipients stopped', number: true, cell: (f) => figure(f.recipients_stopped)},
		{name: 'Why', wide: true, cell: (f) => foreign(f.why ?? '', 300)},
	], list.slice(0, 100), null);
}

function replay_facts(r) {
	const logs = Array.isArray(r.logs) ? r.logs.slice(0, 5) : [];
	return facts([
		['Run', moment(r.at, true)], is_known(r.who) && ['By', foreign(r.who, 100)],
		logs.length > 0 && ['Logs', logs.map((l, i) => [i > 0 && ', ', foreign(l, 120)]), r.logs.length + (r.logs_left_out ?? 0) > logs.length && ` and ${number(r.logs.length + (r.logs_left_out ?? 0) - logs.length)} more`],
		is_known(r.facts) && ['Facts', foreign(r.facts, 120)], ['Mail from', moment(r.first)], ['Mail to', moment(r.last)],
		['Messages', figure(r.messages)], ['Recipients', figure(r.recipients)], ['Sources', figure(r.sources)],
		['Would be contained', figure(r.contained)], ['Came near', figure(r.near)], ['Stopped', figure(r.messages_stopped), ' messages to ', figure(r.recipients_stopped), ' recipients'],
		is_known(r.alpha) && ['False alarms', `${plain(r.alpha)} allowed (alpha)`]]);
}

function draw_replays(data) {
	const rows = data.replays ?? [];
	return [
		make('h1', {}, 'Replays'), make('p', {class: 'quiet'}, 'Old logs, judged as if they came now. Kept by ', make('code', {}, 'stanch replay --keep'), '; ', make('code', {}, 'stanch replay --kept ID'), ' shows all of one.'),
		rows.length === 0 ? nothing('No replay is kept.') : rows.slice(0, 40).map((r) =>
			make('section', {class: 'replay', 'data-key': `replay ${r.replay}`}, make('h2', {}, 'Replay ', foreign(r.replay ?? '?', 60)), replay_facts(r),
				finding_rows('Would be contained', r.findings), finding_rows('Came near', r.near_ones))),
		left_out(data.left_out, 'replays are'), said_beside(data)];
}

export const views = {
	holds: {title: () => 'Holds', again: 15000, load: () => ask('holds'), draw: draw_holds},
	exemptions: {title: () => 'Exemptions', again: 30000, load: () => ask('exemptions'), draw: draw_exemptions},
	blocklists: {title: () => 'Blocklists', again: 60000, load: () => ask('blocklists'), draw: draw_blocklists},
	journal: {title: () => 'Journal', again: 15000, load: load_journal, draw: draw_journal, press: (what, shown, page) => { if (what.do === 'more') older(shown, page); }},
	replays: {title: () => 'Replays', again: 60000, load: () => ask('replays'), draw: draw_replays},
};
