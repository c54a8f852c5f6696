// dom.js - elements, and how a part of the page is brought up to date. Text gets into the page here
// and nowhere else, always as text: there is no way from a string to markup.

const drawing = 'http://www.w3.org/2000/svg';
const text_most = 4000;

// Whatever is not to be seen, or changes how what stands beside it is seen: controls, marks of writing
// direction, private and unassigned letters, and accents that are piled up.
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?<=\p{M}{3})\p{M}/gu;
const unseen_but_lines = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?<=\p{M}{3})\p{M}/gu;

function escaped(letter) {
	const code = letter.codePointAt(0);
	return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

// A foreign text as it may be shown: at most `most` letters, and all that is unseen as an escape.
export function printable(text, most = text_most, keep_lines = false) {
	const whole = String(text ?? '');
	const shown = [...whole.slice(0, most * 2)].slice(0, most).join('');
	const cut = shown.length < whole.length ? ` … (${whole.length} letters)` : '';
	return shown.replace(keep_lines ? unseen_but_lines : unseen, escaped) + cut;
}

function fill(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (/^on|^style$|^srcdoc$/.test(name)) throw new Error(`no attribute ${name} here`);
		if (value === true) element.setAttribute(name, '');
		else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
	}
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false)
			element.append(child instanceof Node ? child : document.createTextNode(String(child)));
	return element;
}

// An element; strings among the children become text.
export function make(name, attributes, ...children) {
	return fill(document.createElement(name), attributes, children);
}

// The same for a drawing.
export function draw(name, attributes, ...children) {
	return fill(document.createElementNS(drawing, name), attributes, children);
}

// A short foreign text in one line, kept from changing the order of what is around it.
export function foreign(text, most = 160) {
	const whole = String(text ?? '');
	return make('bdi', {class: 'foreign', title: whole.length > most ? printable(whole, 600) : null},
		printable(whole, most));
}

function key_of(node) {
	return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute('data-key') : null;
}

function is_like(a, b) {
	return a.nodeType === b.nodeType && a.nodeName === b.nodeName && key_of(a) === key_of(b);
}

function blend_attributes(old, fresh) {
	for (const {name} of [...old.attributes])
		if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
	for (const {name, value} of fresh.attributes)
		if (name !== 'open' && old.getAttribute(name) !== value) old.setAttribute(name, value);
}

function blend_node(old, fresh) {
	if (old.nodeType !== Node.ELEMENT_NODE) {
		if (old.data !== fresh.data) old.data = fresh.data;
		return;
	}
	blend_attributes(old, fresh);
	// What keeps its content up to date itself (a plot, a field that is typed into) is left to do so.
	if (!old.hasAttribute('data-own')) blend_children(old, [...fresh.childNodes]);
}

function blend_children(parent, fresh) {
	const keyed = new Map();
	for (const node of parent.childNodes) if (key_of(node) !== null) keyed.set(key_of(node), node);
	let at = parent.firstChild;
	for (const node of fresh) {
		const key = key_of(node);
		const like = key !== null ? keyed.get(key) : at;
		keyed.delete(key); // a second one of that key is another
		if (!like || !is_like(like, node)) {
			parent.insertBefore(node, at);
			continue;
		}
		if (like === at) at = at.nextSibling;
		else parent.insertBefore(like, at);
		blend_node(like, node);
	}
	while (at) {
		const next = at.nextSibling;
		at.remove();
		at = next;
	}
}

// Makes the content of `parent` like `fresh` (a list of nodes), changing only what differs: the focus,
// the scrolling, what is folded open and what is selected stay.
export function blend(parent, fresh) {
	const focused = document.activeElement;
	blend_children(parent, fresh.flat(Infinity).filter(Boolean).map((node) =>
		node instanceof Node ? node : document.createTextNode(String(node))));
	if (focused && focused !== document.activeElement && focused.isConnected)
		focused.focus({preventScroll: true});
}
