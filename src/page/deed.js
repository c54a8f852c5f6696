// deed.js - the dialog of an action: what would be done, the reason, then what was done.
import {act} from './api.js';
import {foreign, make, printable} from './dom.js';
import {badge, facts, moment, outcome_badge} from './parts.js';
import {deed_words, is_known, messages, number, plain} from './words.js';

// What it is called, what it does, and for those that cannot be tried what would be done.
const verbs = {
	contain: ['Contain', 'Cuts it off as a verdict would: what is switched on is done, and its mail is taken out of the queue.'],
	release: ['Release', 'Lets it send again and puts its mail back. This evidence never counts again. A changed password stays changed.'],
	dismiss: ['Dismiss', 'It is no thief: the incident ends, and this evidence never counts again.'],
	restore: ['Put back', 'Puts the held mail back into the queue, from where it is delivered.'],
	purge: ['Purge', 'Ends the held mail for good. This cannot be undone.'],
	exempt: ['Exempt', 'It is never contained by itself while this holds.', 'One line is written into the journal; nothing else is changed.'],
	unexempt: ['Remove the exemption', 'It is judged like all others again.', 'One line is written into the journal; nothing else is changed.'],
};

let dialog = null;
let wish = null; // the action of the dialog that is open

export function object_words(what) {
	if (what.hold) return [`hold ${number(Number(what.hold))}`];
	if (what.incident) return [`incident ${number(Number(what.incident))}`, what.source && [' of ', foreign(what.source, 80)]];
	return [foreign(what.source, 120)];
}

function body_of(what, reason, dry_run) {
	const body = {action: what.action, reason};
	if (!verbs[what.action][2]) body.dry_run = dry_run;
	if (what.hold) body.hold = Number(what.hold);
	else if (what.incident) body.incident = Number(what.incident);
	else body.source = what.source;
	if (what.for) body.for = what.for;
	return body;
}

function of_responders(o, is_foreseen) {
	if (o.responders.length === 0) return make('p', {class: 'quiet'}, 'Nothing else than holding its mail is switched on.');
	return make('ul', {class: 'outcome'}, o.responders.map((r) =>
		make('li', {}, make('strong', {}, printable(deed_words(r.name), 80)), ' ', is_foreseen ? badge(['would be done', 'still']) : outcome_badge(r.state), ' ', foreign(r.words, 300))));
}

function of_mail(o) {
	const parts = [`${messages(o.messages)}`];
	if (o.done > 0) parts.push(`${number(o.done)} done`);
	if (o.left > 0) parts.push(o.state === 'planned' ? `${number(o.left)} would be taken` : `${number(o.left)} left`);
	if (o.missing > 0) parts.push(`${number(o.missing)} no longer there`);
	if (o.conflict > 0) parts.push(`${number(o.conflict)} in conflict`);
	return make('div', {}, make('p', {}, make('strong', {}, foreign(o.action, 40)), ': ', parts.join(', ')),
		o.problems?.length > 0 && make('ul', {}, o.problems.slice(0, 20).map((p) =>
			make('li', {}, foreign(p.id ?? 'a message', 40), ': ', foreign(p.why, 200)))));
}

function of_anything(o) {
	return facts(Object.entries(o).filter(([, value]) => is_known(value) && typeof value !== 'object').slice(0, 20).map(([name, value]) =>
		[printable(name.replaceAll('_', ' '), 40), typeof value === 'number' ? plain(value) : /^\d{4}-\d\d-\d\dT/.test(value) ? moment(value) : foreign(value, 200)]));
}

// What the command printed for people: a sentence or two, or more.
function said(text) {
	const lines = text.trim().split('\n');
	return lines.length > 3 ? make('pre', {class: 'said'}, printable(text, 3000, true)) : lines.map((line) => make('p', {}, foreign(line, 400)));
}

function outputs(answer, is_foreseen) {
	const list = Array.isArray(answer.output) ? answer.output.slice(0, 30) : [];
	return [
		list.map((o) => (Array.isArray(o?.responders) ? of_responders(o, is_foreseen) : o?.messages !== undefined && o?.action !== undefined ? of_mail(o) : of_anything(o ?? {}))),
		answer.said && said(String(answer.said)),
		list.length === 0 && !answer.said && make('p', {class: 'quiet'}, 'The command printed nothing.'),
	];
}

function part(name) { return dialog.querySelector(`[data-part="${name}"]`); }
function put(name, ...content) { part(name).replaceChildren(...content.flat(Infinity).filter(Boolean)); }

const trial_reason = 'asked what would be done';

async function foresee() {
	const asked = wish;
	const known = verbs[asked.action][2];
	if (known) return put('would', make('p', {}, known));
	const foreseen = {...asked, for: dialog.querySelector('[name=for]')?.value};
	put('would', make('p', {class: 'quiet'}, 'Asking what would be done …'));
	try {
		const answer = await act(body_of(foreseen, trial_reason, true));
		if (wish === asked) put('would', outputs(answer, true));
	} catch (refusal) {
		if (wish === asked) put('would', make('p', {class: 'wrong'}, `It could not be asked what would be done: ${printable(refusal.message, 400)}`));
	}
}

async function carry_out(event) {
	event.preventDefault();
	const asked = wish;
	const fields = new FormData(event.target);
	const reason = String(fields.get('reason') ?? '').trim();
	if (fields.get('for')) asked.for = String(fields.get('for'));
	const go = part('go');
	go.disabled = true;
	put('result', make('p', {class: 'quiet'}, 'Being done …'));
	try {
		const answer = await act(body_of(asked, reason, false));
		asked.after?.(answer.done, `${verbs[asked.action][0]}: ${answer.done ? 'done' : 'not all of it was done'}`);
		if (wish !== asked) return;
		part('form').hidden = true;
		put('result', make('p', {}, answer.done ? badge(['Done.', 'good']) : badge(['Not all of it was done.', 'bad'])), outputs(answer, false),
			make('p', {class: 'buttons'}, make('button', {type: 'button', class: 'first', 'data-do': 'close-dialog', autofocus: true}, 'Close')));
		part('result').querySelector('button').focus();
	} catch (refusal) {
		asked.after?.(false, `${verbs[asked.action][0]}: ${printable(refusal.message, 200)}`);
		if (wish !== asked) return;
		go.disabled = false;
		put('result', make('p', {class: 'wrong', role: 'alert'}, printable(refusal.message, 600)));
	}
}

function content(what) {
	const [verb, about] = verbs[what.action];
	return [
		make('h2', {id: 'deed-title'}, `${verb}: `, object_words(what)),
		make('p', {}, about),
		make('form', {'data-part': 'form', method: 'dialog'},
			what.action === 'exempt' && make('p', {}, make('label', {for: 'deed-for'}, 'For how long'),
				make('select', {id: 'deed-for', name: 'for'}, [['1h', 'an hour'], ['1d', 'a day'], ['3d', 'three days'], ['30d', 'thirty days'], ['', 'until it is removed']]
					.map(([value, words]) => make('option', {value, selected: value === '3d'}, words)))),
			make('p', {}, make('label', {for: 'deed-reason'}, 'Reason, for the record'),
				make('input', {id: 'deed-reason', name: 'reason', required: true, maxlength: 200, autocomplete: 'off', autofocus: true})),
			make('h3', {}, 'What would be done'),
			make('div', {'data-part': 'would', 'aria-live': 'polite'}),
			make('p', {class: 'buttons'},
				make('button', {class: what.action === 'purge' ? 'first danger' : 'first', 'data-part': 'go'}, `${verb} now`),
				make('button', {type: 'button', 'data-do': 'close-dialog'}, 'Cancel'))),
		make('div', {'data-part': 'result', 'aria-live': 'polite'}),
	];
}

// Opens it. what: {action, source | incident | hold, after(done, sentence)}.
export function open_deed(what) {
	if (!verbs[what.action]) return;
	dialog?.remove();
	wish = what;
	const opener = document.activeElement;
	dialog = make('dialog', {class: 'deed', 'aria-labelledby': 'deed-title'}, content(what));
	dialog.addEventListener('close', () => {
		wish = null;
		dialog.remove();
		if (opener?.isConnected) opener.focus();
		else document.getElementById('main').focus();
	});
	document.body.append(dialog);
	part('form').addEventListener('submit', carry_out);
	dialog.querySelector('[name=for]')?.addEventListener('change', foresee);
	dialog.showModal();
	foresee();
}
