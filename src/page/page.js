// page.js - begins: who is there, which view is wanted, and what keys do.
import {Refusal, find_session, log_in, log_out, may_act, on_end, who} from './api.js';
import {blend, foreign, make, printable} from './dom.js';
import * as live from './live.js';
import {notice} from './parts.js';
import {tidy_plots} from './plot.js';
import {clock, is_known, local_time, messages} from './words.js';

const views = {
	now: () => import('./now.js'),
	incidents: () => import('./incidents.js'),
	source: () => import('./source.js'),
	queue: () => import('./queue.js'),
	message: () => import('./queue.js'),
	holds: () => import('./records.js'),
	exemptions: () => import('./records.js'),
	blocklists: () => import('./records.js'),
	journal: () => import('./records.js'),
	replays: () => import('./records.js'),
};
const keys = {n: 'now', i: 'incidents', q: 'queue', h: 'holds', e: 'exemptions', b: 'blocklists', j: 'journal', r: 'replays'};
const show_loading_after = 250;

const at = (id) => document.getElementById(id);
const main = at('main');

// What is shown: {view, route, data, failure, looked, again}. Replaced whole when the view changes.
let shown = null;
let is_told_lost = false;

// "#/incidents/12?all=1" as {name, rest, args}
function route_of(hash) {
	const [path, query] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
	const [name, ...rest] = path.split('/');
	let decoded = '';
	try {
		decoded = decodeURIComponent(rest.join('/'));
	} catch {
		// half an escape names nothing
	}
	return {name: Object.hasOwn(views, name) ? name : 'now', rest: decoded, args: new URLSearchParams(query ?? '')};
}

export function announce(text) {
	if (at('said').textContent !== text) at('said').textContent = text;
}

function set_title(words) {
	const host = live.latest()?.host;
	document.title = `${printable(words, 80)} \u2013 stanch${host ? ` on ${printable(host, 60)}` : ''}`;
}

// The heading of a view is where the focus goes, so that it is read out and Tab goes on from there.
function focus_heading() {
	const heading = main.querySelector('h1');
	if (!heading) return;
	heading.setAttribute('tabindex', '-1');
	heading.focus({preventScroll: true});
}

// What the view makes of its data; an answer that it does not understand is said to be so.
function drawn(s) {
	try {
		return s.view.draw(s.data, s.route, live.latest());
	} catch (mistake) {
		console.error(mistake);
		return [make('h1', {}, s.view.title(s.route)), notice('bad', make('p', {role: 'alert'}, 'The server gave an answer that this page does not understand.'))];
	}
}

function draw_shown() {
	const s = shown;
	if (!s?.view) return;
	const content = [];
	if (s.failure)
		content.push(notice('bad', make('p', {role: 'alert'}, printable(s.failure.message, 600)),
			s.data !== undefined && make('p', {}, `What stands below is of ${local_time(s.looked)}.`),
			make('p', {class: 'buttons'}, make('button', {type: 'button', 'data-do': 'again'}, 'Try again'))));
	if (s.data !== undefined || s.view.is_live) content.push(...drawn(s));
	else content.unshift(make('h1', {tabindex: -1}, s.view.title(s.route)), s.view.frame?.(s.route), !s.failure && make('p', {class: 'quiet'}, 'Loading …'));
	for (const node of content.flat(Infinity)) if (node?.nodeName === 'H1') node.setAttribute('tabindex', '-1');
	blend(main, content);
	if (s.data !== undefined || s.failure) s.view.settle?.(main, s.data, s.route, live.latest());
	tidy_plots();
	set_title(main.querySelector('h1')?.textContent ?? s.view.title(s.route));
}

async function load_shown() {
	const s = shown;
	clearTimeout(s.again);
	try {
		const data = s.view.load ? await s.view.load(s.route, s.data) : null;
		if (s !== shown) return;
		s.data = data;
		s.failure = null;
		s.looked = clock();
	} catch (failure) {
		if (s !== shown) return;
		if (!(failure instanceof Refusal)) console.error(failure);
		s.failure = failure instanceof Refusal ? failure : new Refusal(0, 'This page made a mistake and cannot show that.');
	}
	draw_shown();
	if (s.view.again) s.again = setTimeout(() => shown === s && (document.hidden ? wait_until_seen(s) : load_shown()), s.view.again);
}

function wait_until_seen(s) {
	document.addEventListener('visibilitychange', () => shown === s && load_shown(), {once: true});
}

function mark_view(name) {
	const group = {message: 'queue', source: 'incidents'}[name] ?? name;
	for (const link of at('views').querySelectorAll('a')) {
		if (link.dataset.view === group) link.setAttribute('aria-current', 'page');
		else link.removeAttribute('aria-current');
	}
}

async function go() {
	if (who() === null) return at('login') ? undefined : show_login();
	const route = route_of(location.hash);
	const mine = {route};
	clearTimeout(shown?.again);
	shown = mine;
	let module;
	try {
		module = await views[route.name]();
	} catch {
		if (shown === mine) blend(main, [make('h1', {}, 'Not loaded'), notice('bad', make('p', {}, 'This part of the page could not be loaded. Is the server there?'))]);
		shown = null;
		return;
	}
	if (shown !== mine) return;
	mine.view = module.views[route.name];
	mark_view(route.name);
	main.replaceChildren();
	window.scrollTo(0, 0);
	const patience = setTimeout(() => shown === mine && mine.data === undefined && draw_shown(), mine.view.is_live ? 0 : show_loading_after);
	await load_shown();
	clearTimeout(patience);
	if (shown === mine) focus_heading();
}

// ---- around the view ----

function draw_person() {
	const session = who();
	at('person').hidden = at('views').hidden = session === null;
	if (session === null) return;
	blend(at('person'), [
		make('span', {}, foreign(session.name, 40), make('span', {class: 'quiet'}, ` (${session.role === 'operator' ? 'operator' : 'reader'})`)),
		session.way === 'login' && make('button', {type: 'button', class: 'plain', 'data-do': 'log-out'}, 'Log out')]);
}

function doubts(now) {
	const found = [];
	const doubt = live.doubt();
	if (doubt) found.push(['bad', doubt.text, 'Is the daemon running, and can this browser reach it? It is asked again and again.']);
	if (!now) return found;
	if (now.journal === false) found.push(['bad', 'The journal cannot be read or written: incidents may be missing here.', null]);
	if (now.incidents === null) found.push(['bad', 'Which incidents are open is not known.', null]);
	if (now.ready === false) found.push(['odd', 'The daemon has not caught up yet: what it shows is incomplete.',
		is_known(now.unread_bytes) && now.unread_bytes > 0 ? `${(now.unread_bytes / 1e6).toFixed(1)} MB of the log are not read yet.` : null]);
	if (now.watcher_age === null || now.watcher_age > 30) found.push(['bad', 'The part that reads the log and the queue is silent: new spam would not be seen.', null]);
	else if (now.lag_seconds > 60) found.push(['odd', `Reading the log is ${Math.round(now.lag_seconds)} seconds behind.`, null]);
	return found;
}

function draw_around() {
	const now = live.latest();
	const found = who() === null ? [] : doubts(now);
	blend(at('banner'), found.map(([tone, text, more]) =>
		make('div', {class: `notice ${tone}`}, make('p', {}, make('strong', {}, text), more && ` ${more}`))));
	const is_lost = found.length > 0 && live.doubt() !== null;
	if (is_lost !== is_told_lost && now) announce(is_lost ? 'The connection is lost: what you see is old.' : 'The connection is there again.');
	is_told_lost = is_lost && now !== null;
	blend(at('host'), [now?.host ? foreign(now.host, 60) : '']);
	blend(at('foot'), [now && who() !== null ? `stanch ${printable(now.version ?? '', 40)}, last heard ${local_time(now.at)}, ${messages(now.queue)} in the queue` : '']);
}

let incidents_before = null;
function tell_changes(now) {
	const open = new Map((now?.incidents ?? []).map((i) => [i.incident, i]));
	if (incidents_before !== null) {
		const asking = [...open.values()].filter((i) => i.asks && !incidents_before.get(i.incident)?.asks);
		const fresh = [...open.values()].filter((i) => !incidents_before.has(i.incident));
		if (asking.length > 0) announce(`${printable(asking[0].source, 80)} waits for a person.`);
		else if (fresh.length > 0) announce(`A new incident: ${printable(fresh[0].source, 80)}.`);
	}
	if (now?.incidents) incidents_before = open;
}

function heard() {
	draw_around();
	tell_changes(live.latest());
	if (shown?.view?.is_live && !document.hidden) draw_shown();
}

// ---- logging in ----

function show_login(words) {
	live.end();
	document.querySelector('dialog[open]')?.close();
	clearTimeout(shown?.again);
	shown = null;
	incidents_before = null;
	draw_person();
	draw_around();
	main.replaceChildren(make('h1', {tabindex: -1}, 'Log in'),
		make('form', {class: 'login', id: 'login', method: 'post', action: '#'},
			words && notice('odd', make('p', {}, words)),
			make('p', {}, make('label', {for: 'name'}, 'Name'),
				make('input', {id: 'name', name: 'name', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, maxlength: 64})),
			make('p', {}, make('label', {for: 'password'}, 'Password'),
				make('input', {id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true, maxlength: 256})),
			make('p', {class: 'wrong', id: 'login-wrong', role: 'alert'}),
			make('p', {class: 'buttons'}, make('button', {class: 'first'}, 'Log in'))));
	document.title = 'Log in \u2013 stanch';
	at('login').addEventListener('submit', submit_login);
	at('name').focus();
}

async function submit_login(event) {
	event.preventDefault();
	const button = event.target.querySelector('button');
	const password = at('password');
	button.disabled = true;
	at('login-wrong').textContent = '';
	try {
		await log_in(at('name').value, password.value);
		await begin();
	} catch (refusal) {
		if (!at('login')) throw refusal;
		at('login-wrong').textContent = printable(refusal.message, 400);
		password.value = '';
		password.focus();
	}
	button.disabled = false;
}

async function begin() {
	draw_person();
	await live.begin(heard);
	await go();
}

// ---- keys and buttons ----

let dialog = null;
let after_g = 0;
const keys_are_off = () => localStorage.getItem('keys') === 'off';

function show_keys() {
	dialog?.remove();
	const rows = [['/', 'search the queue'], ...Object.entries(keys).map(([key, view]) => [`g ${key}`, view]), ['?', 'this list'], ['Escape', 'closes a dialog']];
	dialog = make('dialog', {class: 'keys', 'aria-labelledby': 'keys-title'}, make('h2', {id: 'keys-title'}, 'Keys'),
		make('dl', {class: 'facts'}, rows.map(([key, words]) => make('div', {}, make('dt', {}, make('kbd', {}, key)), make('dd', {}, words)))),
		make('p', {}, make('label', {class: 'tick'}, make('input', {type: 'checkbox', id: 'keys-on', checked: !keys_are_off()}), ' single keys do something')),
		make('p', {class: 'buttons'}, make('button', {type: 'button', class: 'first', 'data-do': 'close-dialog', autofocus: true}, 'Close')));
	document.body.append(dialog);
	dialog.addEventListener('close', () => dialog.remove());
	dialog.querySelector('#keys-on').addEventListener('change', (event) => {
		if (event.target.checked) localStorage.removeItem('keys');
		else localStorage.setItem('keys', 'off');
	});
	dialog.showModal();
}

async function deed_wanted({action, source, incident, hold}) {
	const {open_deed} = await import('./deed.js');
	open_deed({action, source, incident, hold, after: (_done, words) => {
		announce(words);
		if (shown?.view) load_shown();
	}});
}

function clicked(event) {
	const button = event.target.closest?.('[data-do]');
	if (!button) return;
	switch (button.dataset.do) {
	case 'deed': if (may_act()) deed_wanted(button.dataset); break;
	case 'again': load_shown(); break;
	case 'keys': show_keys(); break;
	case 'log-out': log_out().catch(() => {}); break;
	case 'close-dialog': button.closest('dialog')?.close(); break;
	default: shown?.view?.press?.(button.dataset, shown, {load_shown, draw_shown});
	}
}

function is_typing(target) {
	return target.closest?.('input:not([type=checkbox]), textarea, select, [contenteditable]') !== null;
}

function key_pressed(event) {
	if (event.ctrlKey || event.altKey || event.metaKey || is_typing(event.target) || document.querySelector('dialog[open]')) return;
	if (event.key === '?') return void show_keys();
	if (keys_are_off() || who() === null) return;
	const was_g = performance.now() - after_g < 1500;
	after_g = event.key === 'g' ? performance.now() : 0;
	if (event.key === '/') {
		event.preventDefault();
		const field = main.querySelector('input[type=search]');
		if (field) field.focus();
		else location.hash = '#/queue?focus=1';
	} else if (was_g && Object.hasOwn(keys, event.key)) {
		location.hash = `#/${keys[event.key]}`;
	}
}

async function start() {
	window.addEventListener('hashchange', go);
	document.addEventListener('click', clicked);
	document.addEventListener('keydown', key_pressed);
	document.addEventListener('submit', (event) => {
		if (event.target.id === 'login') return;
		event.preventDefault();
		shown?.view?.submit?.(event.target, shown, {load_shown, draw_shown});
	});
	document.addEventListener('visibilitychange', () => who() !== null && heard());
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => shown?.view && draw_shown());
	at('skip').addEventListener('click', (event) => {
		event.preventDefault();
		(main.querySelector('h1') ?? main).focus();
	});
	on_end(() => show_login('You are not logged in any more.'));
	try {
		if (await find_session() === null) show_login();
		else await begin();
	} catch (refusal) {
		blend(main, [make('h1', {}, 'stanch'), notice('bad', make('p', {role: 'alert'}, printable(refusal.message, 400)),
			make('p', {class: 'buttons'}, make('button', {type: 'button', 'data-do': 'reload'}, 'Try again')))]);
		main.querySelector('button').addEventListener('click', () => location.reload());
	}
}

start();
