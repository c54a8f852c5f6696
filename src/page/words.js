// words.js - numbers, times and states in words. What is not known is "?", never 0.

const group = '\u202f'; // a thin space that does not break
const dash = '\u2013';

export const is_known = (value) => value !== null && value !== undefined && !Number.isNaN(value);

export function number(value, digits = 0) {
	if (!is_known(value)) return '?';
	const [whole, part] = Math.abs(Number(value)).toFixed(digits).split('.');
	const grouped = whole.length < 5 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, group);
	return (value < 0 ? '\u2212' : '') + grouped + (part ? `.${part}` : '');
}

// Of what may be a share as well as a count.
export const plain = (value) => (Number.isInteger(value) ? number(value) : String(Number(value.toPrecision(3))));

export function count(value, one, many) {
	return `${number(value)} ${value === 1 ? one : many}`;
}

export const messages = (value) => count(value, 'message', 'messages');
export const recipients = (value) => count(value, 'recipient', 'recipients');

export function size(bytes) {
	if (!is_known(bytes)) return '?';
	if (bytes < 1000) return `${number(bytes)} B`;
	const units = ['kB', 'MB', 'GB'];
	let value = bytes / 1000;
	while (value >= 1000 && units.length > 1) {
		value /= 1000;
		units.shift();
	}
	return `${number(value, value < 10 ? 1 : 0)} ${units[0]}`;
}

// Seconds since 1970 of what the server gives as a number or as a text; null when it is none.
export function seconds(value) {
	if (!is_known(value) || value === 0 || value === '') return null;
	const at = typeof value === 'number' ? value : Date.parse(value) / 1000;
	return Number.isFinite(at) ? at : null;
}

// What the server's clock shows: this machine's may be wrong.
let ahead = 0;
export function set_clock(server_seconds) {
	ahead = server_seconds - Date.now() / 1000;
}
export const clock = () => Date.now() / 1000 + ahead;

const two = (value) => String(value).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function time_of_day(at, with_seconds = false) {
	const date = new Date(at * 1000);
	return `${two(date.getHours())}:${two(date.getMinutes())}${with_seconds ? `:${two(date.getSeconds())}` : ''}`;
}

export function day(at) {
	const date = new Date(at * 1000);
	const year = date.getFullYear() === new Date(clock() * 1000).getFullYear() ? '' : ` ${date.getFullYear()}`;
	return `${date.getDate()} ${months[date.getMonth()]}${year}`;
}

export function local_time(at) {
	const is_today = new Date(at * 1000).toDateString() === new Date(clock() * 1000).toDateString();
	return is_today ? time_of_day(at, true) : `${day(at)}, ${time_of_day(at)}`;
}

export function universal_time(at) {
	return `${new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function duration(value) {
	if (!is_known(value)) return '?';
	const s = Math.max(0, Math.round(value));
	if (s < 120) return `${s} s`;
	if (s < 7200) return `${Math.floor(s / 60)} min`;
	if (s < 172800) return `${Math.floor(s / 3600)} h`;
	return `${Math.floor(s / 86400)} days`;
}

export const ago = (at) => `${duration(clock() - at)} ago`;
export const span = (from, to) => `${local_time(from)} ${dash} ${local_time(to)}`;

// A state in words, and how it is coloured.
const states = {
	suspected: ['suspected', 'odd'],
	waiting: ['waits for a person', 'bad'],
	contained: ['contained', 'busy'],
	cleaning: ['contained, mail being held', 'busy'],
	clean: ['contained, queue clean', 'good'],
	closed: ['closed', 'still'],
	released: ['released by a person', 'still'],
	dismissed: ['dismissed by a person', 'still'],
};
export const state_words = (state) => states[state] ?? [String(state ?? '?'), 'still'];
export const is_open = (state) => ['suspected', 'waiting', 'contained', 'cleaning', 'clean'].includes(state);
export const is_acted_on = (state) => ['contained', 'cleaning', 'clean'].includes(state);

const events = {
	verdict: 'The evidence sufficed: the source was contained',
	ask: 'The evidence sufficed, and a person was asked',
	approve: 'A person agreed to contain it',
	hold: 'Holding of its mail began',
	found: 'Mail of it was found and held',
	nothing: 'A full look at the queue found no more of its mail',
	'new-mail': 'New mail of it came',
	quiet: 'No more of it came: closed',
	dismiss: 'A person dismissed it',
	release: 'A person released it',
	close: 'A person closed it',
};
export const event_words = (event) => events[event] ?? String(event ?? '?');

const deeds = {
	refuse: 'Refuse its mail at the door',
	sessions: 'End its open sessions',
	secret: 'Set a new password',
	tell: 'Tell the owner and the administrator',
	hold: 'Hold its mail',
};
export const deed_words = (name) => deeds[name] ?? String(name ?? '?');

const outcomes = {
	intended: ['begun, not finished', 'odd'],
	done: ['done', 'good'],
	waiting: ['to be tried again', 'odd'],
	failed: ['failed', 'bad'],
	undoing: ['being undone', 'odd'],
	undone: ['undone', 'still'],
	unfinished: ['not finished', 'odd'],
	recovered: ['finished after a restart', 'odd'],
};
export const outcome_words = (state) => outcomes[state] ?? [String(state ?? '?'), 'still'];

const modes = {
	observe: 'only watches and changes nothing',
	hold: 'holds mail of contained sources',
	'cut off': 'cuts contained sources off',
	'cut off and hold': 'cuts contained sources off and holds their mail',
};
export const mode_words = (mode) => modes[mode] ?? String(mode ?? '?');
