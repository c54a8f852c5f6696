// now.js - how things are: what waits for a person first, then the queue, then the sources.
import {ask} from './api.js';
import {foreign, make} from './dom.js';
import {deed_button, figure, incident_link, left_out, meter, moment, notice, only_reading, pace, source_link, state_badge, table, to_incident} from './parts.js';
import {minutes_missing, pieces, plot, plot_place, since, sum_known} from './plot.js';
import {clock, count, duration, is_acted_on, is_open, local_time, messages, mode_words, number, recipients, seconds, time_of_day} from './words.js';
import * as live from './live.js';

const piece = 600; // seconds of one point of a plot
const day_length = 86400;
// For so much the server answers in steps of five minutes: a fifth of what the minutes of a day would be.
const asked_length = 91800;

async function last_day() {
	const to = Math.floor(clock());
	return since(await ask('history', {from: to - asked_length, to}), to - day_length);
}

function calm_words(now, open) {
	const queue = now.queue === null ? 'nobody knows how many messages are in the queue' : `${messages(now.queue)} in the queue`;
	if (open.length === 0) return `All is well: ${queue}, nothing waits for you.`;
	return `Nothing waits for you: ${count(open.length, 'source is', 'sources are')} being dealt with, ${queue}.`;
}

function verdict(now, open, asking) {
	if (asking.length > 0)
		return notice('bad big', make('p', {}, make('strong', {}, `${count(asking.length, 'source waits', 'sources wait')} for you.`)));
	const is_sure = Array.isArray(now.incidents) && live.doubt() === null && now.ready !== false && now.journal !== false && now.watcher_age !== null && now.queue !== null && !(now.incidents_left_out > 0);
	if (!is_sure)
		return notice('odd big', make('p', {}, make('strong', {}, 'Nothing is known to wait for you, but not all is known.'),
			` ${messages(now.queue)} in the queue; looked `, moment(now.at), '.'));
	return notice('good big', make('p', {}, make('strong', {}, calm_words(now, open)), ' Looked ', moment(now.at), '.'));
}

function waiting_card(i, now) {
	const why = now.sources?.find((s) => s.source === i.source)?.why;
	return make('li', {class: 'card bad', 'data-key': `asks ${i.incident}`},
		make('h3', {}, source_link(i.source)),
		make('p', {}, state_badge(i.state), ' ', meter(i.score, i.threshold)),
		why && make('p', {}, foreign(why, 300)),
		make('p', {}, 'Opened ', moment(i.opened, true), ` after ${messages(i.messages)} to ${recipients(i.recipients)}. `,
			i.held > 0 && `${messages(i.held)} held. `,
			i.failed > 0 && make('strong', {}, `${count(i.failed, 'action', 'actions')} failed.`)),
		make('p', {class: 'buttons'},
			!is_acted_on(i.state) && deed_button('Contain', 'contain', {source: i.source}, 'first'),
			!is_acted_on(i.state) && deed_button('Dismiss', 'dismiss', {incident: i.incident, source: i.source}),
			is_acted_on(i.state) && deed_button('Release', 'release', {incident: i.incident, source: i.source}),
			make('a', {class: 'button', href: to_incident(i.incident), 'aria-label': `Look at incident ${i.incident}`}, 'Look')));
}

function handled(incidents, left) {
	return make('section', {'data-key': 'handled', 'aria-labelledby': 'handled'}, make('h2', {id: 'handled'}, 'Open incidents'),
		incidents.length === 0 ? make('p', {class: 'quiet'}, 'None.') : table('Incidents that are open and wait for nobody', [
			{name: 'Source', cell: (i) => source_link(i.source)},
			{name: 'State', cell: (i) => state_badge(i.state)},
			{name: 'Since', cell: (i) => moment(i.opened, true)},
			{name: 'Evidence', cell: (i) => meter(i.score, i.threshold)},
			{name: 'Recipients', number: true, cell: (i) => figure(i.recipients)},
			{name: 'Held', number: true, cell: (i) => figure(i.held)},
			{name: 'Story', cell: (i) => incident_link(i.incident)},
		], incidents, (i) => i.incident), left_out(left, 'incidents are'));
}

function numbers(now) {
	const m = now.minute ?? {};
	const when = now.minute ? `minute of ${time_of_day(now.minute.at)}` : 'last minute';
	const tile = (name, value, note) => make('div', {class: 'tile'}, make('dt', {}, name), make('dd', {}, make('span', {class: 'value'}, figure(value)), note && make('span', {class: 'quiet'}, note)));
	return make('section', {'data-key': 'numbers', 'aria-label': 'Numbers'}, make('dl', {class: 'tiles'},
		tile('In the queue', now.queue), tile('Held', now.held),
		tile('Accepted', m.accepted, when), tile('Delivered', m.delivered, when), tile('Deferred', m.deferred, when), tile('Failed', m.failed, when), tile('Refused', m.refused, when)),
	make('p', {class: 'quiet'}, `stanch ${mode_words(now.mode)}.`));
}

function hours_of(history, columns) {
	const rows = [];
	for (const [at, queue] of columns.queue) {
		const of = (name) => columns[name].find(([when]) => when === at)?.[1] ?? null;
		rows.push([local_time(at), number(queue), number(of('accepted'), 1), number(of('delivered'), 1), number(of('deferred'), 1), number(of('failed'), 1), number(of('refused'), 1)]);
	}
	return rows.reverse();
}

function plots(history) {
	if (history === null) return make('section', {'data-key': 'plots'}, notice('odd', make('p', {}, 'The last 24 hours are not known: the daemon gave no history.')));
	const hours = pieces(history, 3600);
	const rows = hours_of(history, hours);
	const known = (history.queue_most ?? history.queue ?? []).filter((n) => n !== null);
	const gaps = minutes_missing(history, clock());
	const gap_words = gaps > 0 ? ` In ${duration(gaps * 60)} of them nobody looked: those are gaps.` : '';
	const head = ['Hour', 'Queue, most', 'Accepted a minute', 'Delivered a minute', 'Deferred a minute', 'Failed a minute', 'Refused a minute'];
	const queue_words = known.length > 0 ? `${number(Math.min(...known))} messages at least and ${number(Math.max(...known))} at most in the last 24 hours, ${number(known.at(-1))} at the end.` : 'Not known.';
	const accepted = sum_known(history.accepted);
	const sent_words = accepted === null ? 'Not known.' : `${number(accepted)} messages accepted; recipients: ${number(sum_known(history.delivered))} delivered, ${number(sum_known(history.deferred))} put off, ${number(sum_known(history.failed))} failed, ${number(sum_known(history.refused))} refused.`;
	return make('section', {'data-key': 'plots', 'aria-labelledby': 'day'}, make('h2', {id: 'day'}, 'The last 24 hours'), make('div', {class: 'pair'},
		plot_place('queue', 'The queue', queue_words + gap_words, head.slice(0, 2), rows.map((row) => row.slice(0, 2))),
		plot_place('sending', 'Sending', sent_words,
			[head[0], ...head.slice(2)], rows.map((row) => [row[0], ...row.slice(2)]))));
}

function suspects(now) {
	const rows = now.sources ?? [];
	return make('section', {'data-key': 'sources', 'aria-labelledby': 'sources'}, make('h2', {id: 'sources'}, 'Sources by suspicion'),
		!Array.isArray(now.sources) ? make('p', {}, 'Who sent within the hour is not known.') : rows.length === 0 ? make('p', {class: 'quiet'}, 'Nobody sent anything within the hour.') : table(`The most suspicious of the ${number(now.sources_active)} that sent within the hour`, [
			{name: 'Source', cell: (s) => source_link(s.source)},
			{name: 'Suspicion', cell: (s) => meter(s.score, s.threshold)},
			{name: 'Why', wide: true, cell: (s) => (s.why ? foreign(s.why, 240) : make('span', {class: 'quiet'}, 'nothing odd'))},
			{name: 'Last hour', cell: (s) => pace(s.pace, 'Recipients a minute')},
			{name: 'Messages', number: true, cell: (s) => figure(s.messages)},
			{name: 'Recipients', number: true, cell: (s) => figure(s.recipients)},
			{name: 'Failed', number: true, cell: (s) => figure(s.failed)},
		], rows, (s) => s.source),
		left_out((now.sources_active ?? 0) - rows.length, 'sources are less suspicious and'),
		make('p', {class: 'quiet'}, `${count(now.sources_known, 'source is', 'sources are')} remembered.`));
}

function draw(history, _route, now) {
	const heading = make('h1', {}, 'Now');
	if (!now) return [heading, make('p', {class: 'quiet'}, 'Nothing is known yet.')];
	const open = (now.incidents ?? []).filter((i) => is_open(i.state) || i.asks);
	const asking = open.filter((i) => i.asks);
	return [heading,
		make('div', {'data-key': 'verdict'}, verdict(now, open, asking)),
		asking.length > 0 && make('section', {'data-key': 'asking', 'aria-labelledby': 'asking'}, make('h2', {id: 'asking'}, 'Waits for you'),
			make('ul', {class: 'cards'}, asking.map((i) => waiting_card(i, now))), only_reading()),
		numbers(now),
		(open.length > asking.length || now.incidents_left_out > 0) && handled(open.filter((i) => !i.asks), now.incidents_left_out),
		history === undefined ? make('section', {'data-key': 'plots'}, make('p', {class: 'quiet'}, 'Loading the last 24 hours …')) : plots(history),
		suspects(now)];
}

// Incidents stay marked in the plots when they are over.
const seen = new Map();
const seen_most = 200;

function settle(root, history, _route, now) {
	for (const i of now?.incidents ?? []) if (seen.size < seen_most) seen.set(i.incident, seconds(i.opened));
	if (!history) return;
	const points = pieces(history, piece);
	const range = [history.from, history.to];
	const list = [...seen].map(([number_of_it, at]) => ({at, words: `incident ${number_of_it}`, tone: 'bad'})).filter((m) => m.at);
	plot(root, 'queue', [
		{name: 'in the queue', tone: 'accent', points: points.queue, fill: true},
		{name: 'held', tone: 'busy', points: points.held, dash: [4, 3]}], {list, range});
	plot(root, 'sending', [
		{name: 'accepted', tone: 'accent', points: points.accepted},
		{name: 'delivered', tone: 'good', points: points.delivered},
		{name: 'deferred', tone: 'odd', points: points.deferred, dash: [6, 3]},
		{name: 'failed', tone: 'bad', points: points.failed, dash: [2, 2]},
		{name: 'refused', tone: 'busy', points: points.refused, dash: [8, 2, 2, 2]}], {list, range});
}

export const views = {
	now: {
		title: () => 'Now',
		is_live: true,
		again: 60000,
		// The history may be missing while all else is there: then that is said, and the rest is shown.
		async load() {
			try {
				return await last_day();
			} catch (refusal) {
				if (refusal.status === 503 || refusal.status === 504 || refusal.status === 404) return null;
				throw refusal;
			}
		},
		draw,
		settle,
	},
};
