// message.js - one message of the queue, inert: its fields and its text as they were sent.
import {foreign, make, printable} from './dom.js';
import {facts, figure, moment, notice, source_link, table} from './parts.js';
import {is_known, number, size} from './words.js';

const shown_recipients = 40;

const given = (name, value, most = 200) => (value ? [name, foreign(value, most)] : null);

function recipients(m) {
	const list = (m.recipients ?? []).slice(0, shown_recipients);
	if (list.length === 0) return make('p', {class: 'quiet'}, 'No recipients are known.');
	return [table('Recipients', [
		{name: 'Address', cell: (r) => foreign(typeof r === 'string' ? r : r.address, 120)},
		{name: 'Delivered', cell: (r) => (typeof r === 'string' || !is_known(r.delivered) ? '?' : r.delivered ? 'yes' : 'not yet')},
	], list, null), m.recipient_count > list.length && make('p', {class: 'quiet'}, `${number(m.recipient_count - list.length)} more recipients are not shown.`)];
}

function head(m) {
	const fields = (m.headers ?? []).slice(0, 200);
	if (fields.length === 0) return make('p', {class: 'quiet'}, 'Its fields could not be read.');
	return make('pre', {class: 'mail', tabindex: 0, 'aria-label': 'Fields of the message'}, fields.map((f) => [
		f.sent === false ? make('span', {class: 'quiet'}, '(not sent) ') : '', make('strong', {}, printable(f.name, 100)), ': ', printable(f.value, 2000), '\n']));
}

function body(m) {
	if (!is_known(m.text)) return make('p', {class: 'quiet'}, 'Its text could not be read.');
	if (m.text === '') return make('p', {class: 'quiet'}, 'It has no text.');
	return make('pre', {class: 'mail', tabindex: 0, 'aria-label': 'Text of the message'}, printable(m.text, 8000, true));
}

// All of it, or without the list of recipients.
export function message_parts(m, with_recipients) {
	return [
		m.damaged && notice('bad', make('p', {}, 'This message is damaged: ', foreign(m.damaged.what, 200))),
		make('p', {class: 'subject'}, make('strong', {}, foreign(m.subject ?? '(no subject)', 300))),
		facts([
			['Id', make('a', {href: `#/message/${encodeURIComponent(m.id)}`}, foreign(m.id, 40))],
			['Source', source_link(m.source)], given('Known by', m.known_by), ['Received', moment(m.received, true)],
			['Sender', m.sender === '' ? 'none (a bounce)' : foreign(m.sender ?? '?', 120)], ['Recipients', figure(m.recipient_count)], ['Size', size(m.size)],
			['Queue', m.queue ? foreign(m.queue, 60) : 'the ordinary one'], ['Held', m.held ? 'yes' : 'no'], ['Frozen', m.frozen ? ['yes, since ', moment(m.frozen_since)] : 'no'],
			given('Login', m.login), given('From host', m.host), given('Its name', m.host_name), given('It said it was', m.helo), given('Protocol', m.protocol), given('Logged in as', m.authenticated_id)]),
		(m.script_claims ?? []).length > 0 && make('p', {}, 'It says that it comes from the script ', m.script_claims.slice(0, 5).map((c) => [foreign(c, 200), ' '])),
		(m.attachments ?? []).length > 0 && make('p', {}, 'Attached: ', m.attachments.slice(0, 30).map((a, i) => [i > 0 && ', ', foreign(a.name || 'without a name', 100), ' (', foreign(a.type, 60), ')'])),
		make('h3', {}, 'Text'), body(m),
		make('details', {}, make('summary', {}, 'Fields'), head(m)),
		with_recipients && [make('h3', {}, 'Recipients'), recipients(m)],
	];
}
