// incidents.js - the list of incidents, and one as a story.
import {Refusal, ask} from './api.js';
import {draw as drawing, foreign, make} from './dom.js';
import {deed_button, evidence_list, facts, figure, incident_link, left_out, meter, moment, notice, only_reading, outcome_badge, said_beside, source_link, state_badge, table} from './parts.js';
import {message_parts} from './message.js';
import {pieces, plot, plot_place} from './plot.js';
import {clock, deed_words, duration, event_words, is_acted_on, is_known, is_open, local_time, messages, number, recipients, seconds, state_words} from './words.js';

// ---- the list ----

function list_route(route) {
	return {all: route.args.get('all') === '1', source: route.args.get('source') ?? ''};
}

function load_list(route) {
	const {all, source} = list_route(route);
	return ask('incidents', {all: all || source ? 1 : null, source});
}

function filters(all) {
	const link = (words, href, is_current) => make('a', {class: 'button', href, 'aria-current': is_current ? 'true' : null}, words);
	return make('p', {class: 'buttons', role: 'group', 'aria-label': 'Which'}, link('Open', '#/incidents', !all), link('All', '#/incidents?all=1', all));
}

function draw_list(data, route) {
	const {all, source} = list_route(route);
	const rows = data.incidents ?? [];
	return [
		make('h1', {}, 'Incidents', source && [' of ', foreign(source, 80)]),
		!source && filters(all),
		rows.length === 0 ? notice(all || source ? 'still' : 'good', make('p', {}, source ? 'There was never an incident of it.' : all ? 'There was never an incident.' : 'No incident is open.')) :
			table(all || source ? 'All incidents, the newest first' : 'Open incidents, the newest first', [
				{name: 'Source', cell: (i) => source_link(i.source)},
				{name: 'State', cell: (i) => state_badge(i.state)},
				{name: 'Opened', cell: (i) => moment(i.opened, true)},
				{name: 'Evidence', cell: (i) => meter(i.score, i.threshold)},
				{name: 'Messages', number: true, cell: (i) => figure(i.messages)},
				{name: 'Recipients', number: true, cell: (i) => figure(i.recipients)},
				{name: 'Held', number: true, cell: (i) => figure(i.held)},
				{name: 'Story', cell: (i) => incident_link(i.incident)},
			], rows, (i) => i.incident),
		left_out(data.left_out, 'incidents are'), said_beside(data),
	];
}

// ---- one ----

async function or_null(promise) {
	try {
		return await promise;
	} catch (refusal) {
		if (refusal instanceof Refusal && refusal.status !== 401) return null;
		throw refusal;
	}
}

const sample_ids = (story) => [...new Set([...(story.samples ?? []), ...(story.evidence ?? []).flatMap((e) => e.ids ?? [])])].filter((id) => typeof id === 'string');

const first_odd = (story) => seconds(story.first_odd) ?? seconds(story.scores?.[0]?.time) ?? seconds(story.opened);

function around(story) {
	const begin = first_odd(story) ?? seconds(story.opened);
	const end = is_open(story.state) ? clock() : seconds(story.closed) ?? seconds(story.changed) ?? clock();
	return {from: Math.floor(begin - 3600), to: Math.ceil(Math.min(clock(), end + 3600, begin + 30 * 86400))};
}

async function find_sample(story, before) {
	for (const id of sample_ids(story).slice(0, 3)) {
		if (before?.id === id) return before;
		const message = await or_null(ask('message', {id}));
		if (message) return message;
	}
	return null;
}

async function load_one(route, before) {
	const story = await ask(`incidents/${encodeURIComponent(route.rest)}`);
	const [history, sample] = await Promise.all([or_null(ask('history', around(story))), find_sample(story, before?.sample)]);
	return {story, history, sample};
}

function happenings(story) {
	const list = [];
	const odd = first_odd(story);
	if (odd !== null) list.push({at: odd, order: 0, tone: 'odd', title: 'The first odd fact'});
	list.push({at: seconds(story.opened), order: 1, tone: 'odd', title: 'The incident was opened'});
	for (const s of story.steps ?? [])
		list.push({at: seconds(s.at), order: 2, tone: state_words(s.to)[1], title: event_words(s.event), state: s.to, who: s.who ?? 'the daemon', words: s.words});
	// that a deed was begun is worth a line only while nothing came of it
	const deeds_done = (story.actions ?? []).filter((a, i, all) => a.state !== 'intended' || !all.slice(i + 1).some((b) => b.responder === a.responder));
	for (const a of deeds_done)
		list.push({at: seconds(a.at), order: 3, tone: a.state === 'failed' ? 'bad' : 'busy', title: deed_words(a.responder), outcome: a.state, words: a.words});
	return list.filter((h) => h.at !== null).sort((a, b) => a.at - b.at || a.order - b.order);
}

function time_line(story) {
	const list = happenings(story);
	const begin = list[0]?.at;
	return make('ol', {class: 'story'}, list.map((h) => make('li', {class: h.tone},
		make('p', {class: 'when'}, moment(h.at), h.at > begin && make('span', {class: 'quiet'}, ` +${duration(h.at - begin)}`)),
		make('p', {}, make('strong', {}, foreign(h.title, 80)), ' ', h.outcome && outcome_badge(h.outcome), h.state && state_badge(h.state)),
		(h.words || h.who) && make('p', {class: 'quiet'}, h.words && foreign(h.words, 600), h.words && h.who && ', ', h.who && ['by ', foreign(h.who, 120)]))));
}

// The score as it grew, and what suffices.
function growth(story) {
	const points = (story.scores ?? []).filter((s) => is_known(s.score) && seconds(s.time) !== null);
	if (points.length < 2) return null;
	const [first, last] = [seconds(points[0].time), seconds(points.at(-1).time)];
	const top = Math.max(story.threshold ?? 0, ...points.map((p) => p.score)) * 1.1 || 1;
	const x = (at) => ((at - first) / Math.max(1e-6, last - first) * 600).toFixed(1);
	const y = (score) => (120 - Math.max(0, score) / top * 116).toFixed(1);
	let path = `M0 ${y(points[0].score)}`;
	for (const p of points.slice(1)) path += `H${x(seconds(p.time))}V${y(p.score)}`;
	const words = `From ${number(points[0].score, 1)} to ${number(points.at(-1).score, 1)} bits in ${duration(last - first)}; ${number(story.threshold, 1)} suffice.`;
	return make('figure', {class: 'plot'}, make('figcaption', {}, make('h3', {}, 'How the suspicion grew'), make('p', {class: 'quiet'}, words)),
		drawing('svg', {class: 'growth', viewBox: '0 0 600 124', preserveAspectRatio: 'none', role: 'img', 'aria-label': words},
			drawing('line', {class: 'limit', x1: 0, x2: 600, y1: y(story.threshold ?? 0), y2: y(story.threshold ?? 0)}),
			drawing('path', {class: 'curve', d: path})));
}

function summary(story) {
	const odd = first_odd(story);
	const contained = seconds(story.contained);
	const sentences = [];
	if (story.messages > 0) sentences.push(`It had sent ${messages(story.messages)} to ${recipients(story.recipients)} when the incident was opened.`);
	if (contained && odd) sentences.push(`It was contained ${duration(contained - odd)} after the first odd fact.`);
	if (story.held > 0) sentences.push(`${messages(story.held)} held: no hold ends by itself, and each can be put back.`);
	if (story.state === 'waiting') sentences.push('It waits for a person to decide.');
	else if (is_acted_on(story.state)) sentences.push('It is over by itself when no more of its mail came for a while.');
	else if (is_open(story.state)) sentences.push('It is over by itself after a day in which nothing more came.');
	return make('p', {}, sentences.join(' '));
}

// What the server says can be done; one that does not say is asked for what its state allows.
function choices(story) {
	const said = [story.choices, story.undo].filter(Array.isArray).flat();
	return said.filter((c) => typeof c === 'object' && c !== null);
}

function button_of(choice, source) {
	const words = {contain: 'Contain', dismiss: 'Dismiss', release: 'Release'}[choice.action];
	return words && deed_button(words, choice.action, {incident: choice.incident, source}, choice.action === 'contain' ? 'first' : null);
}

function buttons(story) {
	const said = choices(story);
	if (said.length > 0)
		return make('p', {class: 'buttons'}, said.map((c) => button_of(c, story.source)), deed_button('Exempt the source', 'exempt', {source: story.source}));
	const object = {incident: story.incident, source: story.source};
	const is_free = ['suspected', 'waiting'].includes(story.state);
	const was_contained = seconds(story.contained) !== null && !['released', 'dismissed'].includes(story.state);
	return make('p', {class: 'buttons'},
		is_free && deed_button('Contain', 'contain', {source: story.source}, 'first'),
		is_free && deed_button('Dismiss', 'dismiss', object),
		was_contained && deed_button('Release', 'release', object),
		deed_button('Exempt the source', 'exempt', {source: story.source}));
}

// The last word on each deed.
function deeds(story) {
	const last = new Map();
	for (const a of story.actions ?? []) last.set(a.responder, a);
	if (last.size === 0) return make('p', {class: 'quiet'}, 'Nothing was done.');
	return table('What was done, and how it stands', [
		{name: 'Action', cell: (a) => foreign(deed_words(a.responder), 60)},
		{name: 'Outcome', cell: (a) => outcome_badge(a.state)},
		{name: 'When', cell: (a) => moment(a.at)},
		{name: 'Words', wide: true, cell: (a) => foreign(a.words, 400)},
	], [...last.values()], (a) => a.responder);
}

function by_hand(story) {
	const commands = choices(story).filter((c) => typeof c.command === 'string').slice(0, 40);
	if (commands.length === 0) return null;
	return [make('h3', {}, 'On the command line'), make('ul', {}, commands.map((c) =>
		make('li', {}, make('code', {}, foreign(c.command, 300)), c.help && make('span', {class: 'quiet'}, ' ', foreign(c.help, 200)))))];
}

function holds(story) {
	const list = (story.holds ?? []).slice(0, 40);
	if (list.length === 0) return null;
	return [make('h3', {}, 'Its holds'), make('ul', {class: 'inline'}, list.map((h) => make('li', {}, make('a', {href: '#/holds'}, `Hold ${number(h)}`), ' ',
		deed_button('Put back', 'restore', {hold: h}))))];
}

function domains(story) {
	const list = story.recipient_domains;
	if (!Array.isArray(list)) return make('p', {class: 'quiet'}, 'Not known: nothing of it was held, or this server does not say.');
	if (list.length === 0) return make('p', {class: 'quiet'}, 'None known.');
	return [table('Domains of its recipients, the most first', [
		{name: 'Domain', cell: (d) => foreign(d.domain, 100)}, {name: 'Recipients', number: true, cell: (d) => figure(d.recipients)},
	], list.slice(0, 30), (d) => d.domain), left_out(story.recipient_domains_left_out, 'domains are'),
	is_known(story.recipient_domains_of) && make('p', {class: 'quiet'}, `Counted in ${messages(story.recipient_domains_of)} of those held${story.recipient_domains_uncounted > 0 ? `; ${recipients(story.recipient_domains_uncounted)} not counted` : ''}.`)];
}

function queue_around(story, history) {
	if (!history) return make('p', {class: 'quiet'}, 'The queue around it is not known.');
	const known = (history.queue ?? []).filter((n) => n !== null);
	if (known.length === 0) return make('p', {class: 'quiet'}, 'Nobody looked at the queue at that time.');
	const rows = pieces(history, Math.max(history.step ?? 60, Math.ceil((history.to - history.from) / 40 / 60) * 60));
	return plot_place('around', 'The queue before and after', `${number(known[0])} messages at first, at most ${number(Math.max(...known))}, ${number(known.at(-1))} at the end.`,
		['From', 'Queue', 'Held'], rows.queue.map(([at, queue], i) => [local_time(at), number(queue), number(rows.held[i]?.[1])]));
}

function settle_one(root, data) {
	if (!data?.history) return;
	const {story, history} = data;
	const whole = pieces(history, history.step ?? 60);
	const list = [{at: first_odd(story), words: 'first odd fact', tone: 'odd'}, {at: seconds(story.contained), words: 'contained', tone: 'bad'}, {at: seconds(story.closed), words: 'closed', tone: 'good'}].filter((m) => m.at);
	plot(root, 'around', [{name: 'in the queue', tone: 'accent', points: whole.queue, fill: true}, {name: 'held', tone: 'busy', points: whole.held, dash: [4, 3]}],
		{list, range: [history.from, history.to]});
}

function section(id, title, ...content) {
	return make('section', {'data-key': id, 'aria-labelledby': id}, make('h2', {id}, title), content);
}

function draw_one({story, history, sample}) {
	const wanted = sample_ids(story);
	return [
		make('h1', {}, `Incident ${number(story.incident)}: `, foreign(story.source, 120)),
		make('p', {}, state_badge(story.state), ' ', meter(story.score, story.threshold), ' ', source_link(story.source) && make('a', {href: `#/source/${encodeURIComponent(story.source)}`}, 'All about this source')),
		summary(story), buttons(story), only_reading(),
		make('div', {class: 'pair sections', 'data-key': 'story'},
			section('happened', 'What happened', time_line(story)),
			section('why', 'Why', evidence_list(story.evidence), growth(story))),
		section('done', 'What was done', deeds(story), by_hand(story), holds(story)),
		section('round', 'The queue around it', queue_around(story, history)),
		section('where', 'Where its recipients are', domains(story)),
		section('sample', 'A message of it', sample ? message_parts(sample, false) : make('p', {class: 'quiet'},
			wanted.length > 0 ? 'The messages that showed it are not in the queue any more.' : 'No message is named in its evidence.')),
		section('data', 'In figures', facts([
			['Opened', moment(story.opened)], ['Contained', moment(story.contained)], ['Last mail', moment(story.last_mail)], ['Closed', moment(story.closed)],
			['By a person', story.by_person ? 'yes' : 'no'], ['Messages', figure(story.messages)], ['Recipients', figure(story.recipients)], ['Held', figure(story.held)]])),
	];
}

const is_one = (route) => route.rest !== '';

export const views = {
	incidents: {
		title: (route) => (is_one(route) ? `Incident ${route.rest}` : 'Incidents'),
		again: 10000,
		load: (route, before) => (is_one(route) ? load_one(route, before) : load_list(route)),
		draw: (data, route) => (is_one(route) ? draw_one(data) : draw_list(data, route)),
		settle: (root, data, route) => { if (is_one(route)) settle_one(root, data); },
	},
};
