// source.js - one source: its days over months, what is remembered of it, its incidents.
import {ask} from './api.js';
import {foreign, make} from './dom.js';
import {deed_button, evidence_list, facts, figure, incident_link, left_out, meter, moment, only_reading, pace, said_beside, state_badge, table} from './parts.js';
import {plot, plot_place} from './plot.js';
import {count, day, is_known, number, seconds} from './words.js';

const day_at = (row) => Date.parse(`${row.day}T12:00:00Z`) / 1000;

function remembered(r, said) {
	if (!r) return make('p', {class: 'quiet'}, said ? 'It is not known what is remembered of it.' : 'Nothing is remembered of it.');
	return [
		make('p', {}, 'Now: ', meter(r.score, r.threshold)),
		facts([
			['First seen', moment(r.first)], ['Last seen', moment(r.last, true)], ['Messages', figure(r.messages)],
			['Days on which it sent', figure(r.active_days)], ['People it writes to', figure(r.people)], ['Most strangers in a day', figure(r.busiest)],
			['Contained before', seconds(r.contained) ? moment(r.contained) : 'never'], ['As of', moment(r.saved)]]),
		make('h3', {}, 'What speaks for and against it'), evidence_list(r.evidence)];
}

const days_of = (data) => (data.days ?? data.remembered?.days ?? []).filter((d) => is_known(d.day));

function days(list) {
	if (!Array.isArray(list) || list.length === 0) return make('p', {class: 'quiet'}, 'Its days are not known.');
	const most = list.reduce((a, b) => ((b.recipients ?? 0) > (a.recipients ?? 0) ? b : a));
	const words = `${count(list.length, 'day', 'days')} from ${day(day_at(list[0]))} to ${day(day_at(list.at(-1)))}; most on ${day(day_at(most))} with ${number(most.recipients)} recipients.`;
	return plot_place('days', 'Recipients a day', words, ['Day', 'Messages', 'Recipients', 'Failed', 'Complaints'],
		[...list].reverse().map((d) => [d.day, number(d.messages), number(d.recipients), number(d.failed), number(d.complaints)]));
}

function draw(data, _route, now) {
	const live = now?.sources?.find((s) => s.source === data.source);
	const current = now?.incidents?.find((i) => i.source === data.source);
	return [
		make('h1', {}, foreign(data.source, 200)), said_beside(data),
		make('p', {}, current ? [state_badge(current.state), ' '] : '', live?.why && foreign(live.why, 300)),
		live && make('p', {}, 'The last hour: ', pace(live.pace, 'Recipients a minute')),
		!live && make('p', {class: 'quiet'}, 'It is not among the most suspicious of the last hour.'),
		make('p', {class: 'buttons'}, deed_button('Contain', 'contain', {source: data.source}), deed_button('Release', 'release', {source: data.source}),
			deed_button('Exempt', 'exempt', {source: data.source}),
			make('a', {class: 'button', href: `#/queue?in=source&q=${encodeURIComponent(data.source)}`}, 'Its mail in the queue')),
		only_reading(),
		make('section', {'aria-labelledby': 'days'}, make('h2', {id: 'days'}, 'Its days'), days(days_of(data))),
		make('section', {'aria-labelledby': 'remembered'}, make('h2', {id: 'remembered'}, 'What is remembered'), remembered(data.remembered, data.said)),
		make('section', {'aria-labelledby': 'its-incidents'}, make('h2', {id: 'its-incidents'}, 'Its incidents'),
			(data.incidents ?? []).length === 0 ? make('p', {class: 'quiet'}, 'None.') : table('Incidents of this source, the newest first', [
				{name: 'Incident', cell: (i) => incident_link(i.incident)}, {name: 'State', cell: (i) => state_badge(i.state)}, {name: 'Opened', cell: (i) => moment(i.opened)},
				{name: 'Evidence', cell: (i) => meter(i.score, i.threshold)}, {name: 'Recipients', number: true, cell: (i) => figure(i.recipients)}, {name: 'Held', number: true, cell: (i) => figure(i.held)},
			], data.incidents, (i) => i.incident), left_out(data.left_out, 'incidents are')),
	];
}

function settle(root, data) {
	if (!data) return;
	const list = days_of(data);
	if (list.length === 0) return;
	const first = day_at(list[0]) - 43200;
	const last = day_at(list.at(-1)) + 43200;
	plot(root, 'days', [
		{name: 'recipients', tone: 'accent', points: list.map((d) => [day_at(d), d.recipients]), thick: Math.max(2, Math.min(14, 700 / ((last - first) / 86400)))},
		{name: 'failed', tone: 'bad', points: list.map((d) => [day_at(d), d.failed]), thick: Math.max(2, Math.min(14, 700 / ((last - first) / 86400)))},
	], {kind: 'bar', range: [first, last], list: (data.incidents ?? []).map((i) => ({at: seconds(i.opened), words: `incident ${i.incident}`})).filter((m) => m.at)});
}

export const views = {
	source: {title: (route) => route.rest, again: 30000, load: (route) => ask('source', {source: route.rest}), draw, settle},
};
