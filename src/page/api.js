// api.js - asks the server. Each failure is a sentence.

const give_up_after = 40000; // milliseconds; the server gives up after 30 s itself

export class Refusal extends Error {
	constructor(status, sentence) {
		super(sentence);
		this.status = status;
	}
}

let session = null;
let when_ended = () => {};

export const who = () => session;
export const may_act = () => session?.role === 'operator';
export const on_end = (told) => { when_ended = told; };

const sentences = {
	400: 'The server did not understand the question.',
	401: 'You are not logged in.',
	403: 'You may not do that.',
	404: 'There is nothing of that name.',
	405: 'That cannot be done here.',
	413: 'That was too long.',
	429: 'Too many attempts; try again later.',
	503: 'The daemon does not answer.',
	504: 'The daemon took too long to answer.',
};

async function sentence_of(answer) {
	try {
		const body = await answer.json();
		if (typeof body.error === 'string' && body.error !== '') return body.error;
	} catch {
		// what is no JSON is no explanation either
	}
	return sentences[answer.status] ?? `The server answered ${answer.status}.`;
}

async function send(path, options = {}) {
	let answer;
	try {
		answer = await fetch(path, {credentials: 'same-origin', cache: 'no-store', redirect: 'error',
			signal: AbortSignal.timeout(give_up_after), ...options});
	} catch (failure) {
		throw new Refusal(0, failure.name === 'TimeoutError' ? sentences[504] : 'The server cannot be reached.');
	}
	if (!answer.ok) {
		const refusal = new Refusal(answer.status, await sentence_of(answer));
		if (answer.status === 401 && session !== null) end();
		throw refusal;
	}
	try {
		return await answer.json();
	} catch {
		throw new Refusal(0, 'The server gave an answer that cannot be read.');
	}
}

function end() {
	session = null;
	when_ended();
}

const to_query = (args) => {
	const given = Object.entries(args ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== '');
	return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
};

export const ask = (path, args) => send(`/api/${path}${to_query(args)}`);

function post(path, body, fields = {}) {
	return send(`/api/${path}`, {
		method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json', ...fields}});
}

// The session that there is; null when one has to log in.
export async function find_session() {
	try {
		session = await ask('session');
	} catch (refusal) {
		if (refusal.status !== 401) throw refusal;
		session = null;
	}
	return session;
}

export async function log_in(name, password) {
	session = await post('login', {name, password});
	return session;
}

export async function log_out() {
	try {
		await post('logout', {}, {'X-Stanch-CSRF': session?.csrf ?? ''});
	} finally {
		if (session !== null) end();
	}
}

export const act = (body) => post('actions', body, {'X-Stanch-CSRF': session?.csrf ?? ''});
