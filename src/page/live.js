// live.js - how things are now: told by the server as they change, asked for where that does not work.
import {ask} from './api.js';
import {clock, set_clock} from './words.js';

const old_after = 10000; // milliseconds in which nothing new was said
const ask_each = 3000;

let now = null;
let said_at = 0; // performance.now() when what is known was new
let was_said = false; // the server itself calls it old
let stream = null;
let timer = null;
let begun = 0; // how often it was begun or ended
let told = () => {};

export const latest = () => now;

// null when all is well; otherwise {text, lost}: what is wrong with what is shown.
export function doubt() {
	const age = performance.now() - said_at;
	if (now === null) return {text: 'Nothing is known yet: the daemon has said nothing.', lost: true};
	if (age <= old_after && !was_said) return null;
	return {text: `What you see is old: nothing new came for ${Math.round(age / 1000)} s.`, lost: true};
}

function hear(document) {
	if (typeof document?.at !== 'number') return;
	if (now === null || document.at !== now.at) {
		// age_ms is there when it was asked for; a told one is new when it is told
		said_at = performance.now() - (document.age_ms ?? 0);
		const server = document.at + (document.age_ms ?? 0) / 1000;
		if (Math.abs(server - clock()) > 2) set_clock(server);
	}
	was_said = document.is_old === true;
	now = document;
	told();
}

async function ask_now() {
	try {
		hear(await ask('now'));
	} catch {
		told(); // doubt() finds that it becomes old
	}
}

function listen() {
	stream = new EventSource('/api/events');
	stream.addEventListener('now', (event) => {
		try {
			hear(JSON.parse(event.data));
		} catch {
			// what cannot be read is not known; it becomes old by itself
		}
	});
	stream.addEventListener('error', () => {
		// A browser tries again by itself, unless the server refused: then a new one is tried later.
		if (stream?.readyState !== EventSource.CLOSED) return;
		stream = null;
	});
}

function look_after() {
	const is_told = stream?.readyState === EventSource.OPEN && performance.now() - said_at < ask_each * 2;
	if (!is_told) ask_now();
	else told();
	if (stream === null) listen();
}

// told_when is called whenever something may have changed.
export async function begin(told_when) {
	const mine = ++begun;
	told = told_when;
	await ask_now();
	if (mine !== begun) return; // ended meanwhile: there is no session any more
	listen();
	timer = setInterval(look_after, ask_each);
}

export function end() {
	begun++;
	clearInterval(timer);
	stream?.close();
	stream = null;
	now = null;
	was_said = false;
}
