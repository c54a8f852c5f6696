// queue.js - the queue by search, and one message.
import {ask} from './api.js';
import {foreign, make} from './dom.js';
import {moment, notice, source_link, table, to_message} from './parts.js';
import {message_parts} from './message.js';
import {count, is_known, number, size} from './words.js';

const page_length = 50;
const most_rows = 1000;
const places = [['any', 'anything'], ['sender', 'sender'], ['recipient', 'recipient'], ['source', 'source'], ['subject', 'subject'], ['id', 'id']];

function wanted(route) {
	const place = route.args.get('in') ?? 'any';
	return {q: (route.args.get('q') ?? '').slice(0, 200), in: places.some(([name]) => name === place) ? place : 'any', frozen: route.args.get('frozen') === '1' ? 1 : null};
}

async function load(route, before) {
	if (before?.pages > 1) return before; // what was asked for by "more" stays as it is
	const fresh = {...(await ask('queue', {...wanted(route), limit: page_length})), pages: 1};
	return before?.pages > 1 || before?.is_fetching ? before : fresh;
}

function search_form(route) {
	const asked = wanted(route);
	return make('form', {class: 'search', role: 'search', 'data-own': '', 'data-key': 'search', id: 'search'},
		make('p', {}, make('label', {for: 'q'}, 'Search the queue'), make('input', {type: 'search', id: 'q', name: 'q', value: asked.q, maxlength: 200, autocomplete: 'off', spellcheck: 'false'})),
		make('p', {}, make('label', {for: 'in'}, 'In'), make('select', {id: 'in', name: 'in'}, places.map(([value, words]) => make('option', {value, selected: value === asked.in}, words)))),
		make('p', {}, make('label', {class: 'tick'}, make('input', {type: 'checkbox', name: 'frozen', value: '1', checked: asked.frozen === 1}), ' only frozen')),
		make('p', {}, make('button', {class: 'first'}, 'Search')));
}

function how_far(data) {
	if (data.state === 'off') return notice('bad', make('p', {}, 'The queue cannot be searched just now: ', foreign(data.why ?? 'nobody reads it', 200), '. It is tried again.'));
	if (data.state === 'reading')
		return notice('odd', make('p', {}, `The queue is being read: ${number(data.read)} of ${number(data.messages)} messages. What is found so far stands below.`),
			is_known(data.messages) && make('progress', {max: data.messages, value: data.read, 'aria-label': 'Messages read'}));
	if (data.complete === false) return notice('odd', make('p', {}, `Not all of the queue could be read: ${number(data.read)} of ${number(data.messages)} messages can be found.`, data.why && [' ', foreign(data.why, 200)]));
	return data.damaged > 0 ? notice('odd', make('p', {}, `${count(data.damaged, 'message is', 'messages are')} damaged or could not be read: found by id alone.`)) : null;
}

function found_words(data) {
	if (data.state === 'off' || !is_known(data.found)) return 'How many fit is not known.';
	return `${data.found_is_least ? 'At least ' : ''}${count(data.found, 'message fits', 'messages fit')}${is_known(data.messages) ? ` of ${number(data.messages)}` : ''}.`;
}

// Its source, and its sender where that is another address.
function from(m) {
	const sender = m.sender ?? '?';
	return [source_link(m.source, 60), sender === '' ? make('span', {class: 'quiet'}, ' (a bounce)') : !m.source?.endsWith(`:${sender}`) && make('span', {class: 'quiet'}, ' as ', foreign(sender, 60))];
}

function draw(data, route) {
	const rows = data.rows ?? [];
	return [
		make('h1', {}, 'Queue'), search_form(route), how_far(data),
		make('p', {role: 'status'}, found_words(data)),
		rows.length > 0 && table('Messages, the newest first', [
			{name: 'Id', cell: (m) => make('a', {href: to_message(m.id)}, foreign(m.id, 40))},
			{name: 'Received', cell: (m) => moment(m.received, true)},
			{name: 'From', cell: (m) => from(m)},
			{name: 'To', cell: (m) => [foreign(m.recipients?.[0] ?? '?', 60), m.recipient_count > 1 && ` and ${number(m.recipient_count - 1)} more`]},
			{name: 'Subject', wide: true, cell: (m) => foreign(m.subject ?? '', 90)},
			{name: 'Size', number: true, cell: (m) => size(m.size)},
			{name: 'State', cell: (m) => [m.damaged && make('strong', {}, 'damaged '), m.frozen && 'frozen ', m.queue && ['queue ', foreign(m.queue, 40)], !m.frozen && !m.queue && !m.damaged && make('span', {class: 'quiet'}, 'to be sent')]},
		], rows, (m) => m.id),
		data.next && rows.length < most_rows && make('p', {class: 'buttons'}, make('button', {type: 'button', 'data-do': 'more', disabled: data.is_fetching}, 'More')),
		data.next && rows.length >= most_rows && make('p', {class: 'quiet'}, 'More than that is not shown at once: search more closely.'),
		data.trouble && notice('bad', make('p', {role: 'alert'}, foreign(data.trouble, 300))),
	];
}

async function more(shown, page) {
	const data = shown.data;
	if (!data?.next || data.is_fetching) return;
	data.is_fetching = true;
	data.trouble = null;
	try {
		const next = await ask('queue', {...wanted(shown.route), limit: page_length, after: data.next});
		const known = new Set(data.rows.map((m) => m.id));
		Object.assign(data, next, {rows: [...data.rows, ...(next.rows ?? []).filter((m) => !known.has(m.id))], pages: data.pages + 1});
	} catch (refusal) {
		data.trouble = refusal.message;
	}
	data.is_fetching = false;
	if (shown.data === data) page.draw_shown();
}

function settle(root, _data, route) {
	const field = root.querySelector('#q');
	if (route.args.get('focus') !== '1' || !field || route.was_focused) return;
	route.was_focused = true;
	setTimeout(() => field.focus(), 0);
}

function submit(form) {
	const fields = new FormData(form);
	const args = new URLSearchParams();
	for (const name of ['q', 'in', 'frozen']) if (fields.get(name)) args.set(name, fields.get(name));
	const hash = `#/queue?${args}`;
	if (location.hash === hash) window.dispatchEvent(new HashChangeEvent('hashchange'));
	else location.hash = hash;
}

function draw_message(m) {
	return [make('h1', {}, 'Message ', foreign(m.id, 40)), ...message_parts(m, true)];
}

export const views = {
	queue: {title: () => 'Queue', again: 5000, frame: search_form, load, draw, settle, submit, press: (what, shown, page) => { if (what.do === 'more') more(shown, page); }},
	message: {title: (route) => `Message ${route.rest}`, load: (route) => ask('message', {id: route.rest}), draw: draw_message},
};
