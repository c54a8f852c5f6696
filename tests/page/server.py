#!/usr/bin/python3
"""Serves the page with an invented mail server behind it, for the browser tests and for working on the page.

usage: server.py PAGE-FOLDER [--port N] [--scene calm|flood|hostile|unknown] [--chart FILE]

Prints "http://127.0.0.1:PORT/" when it answers. Users: ann (operator) and bob (reader), password "a secret".
What it says has the form of the daemon's answers; /test/scene?name=... shows another scene, and
/test/silence?on=1 makes the daemon behind it silent.
"""
import argparse
import copy
import gzip
import hashlib
import json
import math
import pathlib
import random
import secrets
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
KINDS = {'.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8',
         '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml'}
PASSWORD = 'a secret'
ROLES = {'ann': 'operator', 'bob': 'reader'}
BODY_MOST = 16384

HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(2)>',
    "'onmouseover='alert(3)",
    'javascript:alert(4)',
    '\u202egpj.exe\u202c \u2066hidden\u2069 \u200b\ufeff',
    'A' * 5000,
    'bell\x07 escape\x1b[31mred\x1b[0m null\x00 return\r\nSet-Cookie: x=1',
    '<svg/onload=alert(5)>&lt;b&gt;&amp;<!-- ]]> -->',
    'Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319a' + '\u0300' * 60,
    '{{7*7}} ${7*7} %3Cscript%3E #/queue?q=x',
    '</title></textarea></style><iframe src=//evil.invalid></iframe>',
]


def iso(at):
    return None if not at else time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(at))


class World:
    """What the invented server knows. All of it can be made hostile: every text is then one of HOSTILE."""

    def __init__(self, scene):
        self.lock = threading.RLock()
        self.silent = False
        self.set_scene(scene)

    def set_scene(self, scene):
        with self.lock:
            self.scene = scene
            self.begun = int(time.time())
            self.dice = random.Random(7)
            self.is_flood = scene in ('flood', 'hostile')
            self.turn = 0
            self.audit = []
            self.make_incidents()
            self.make_holds()
            self.make_queue()
            self.exempted = [] if not self.is_flood else [dict(
                source='mailbox:news@shop.example', kind='mailbox', name='news@shop.example', since=iso(self.begun - 864000),
                until=iso(self.begun + 86400 * 20), who='ann (page, 192.0.2.7)', reason='weekly newsletter, agreed by telephone')]
            self.make_audit()

    def text(self, plain):
        if self.scene != 'hostile':
            return plain
        self.turn += 1
        return HOSTILE[self.turn % len(HOSTILE)]

    def source(self, kind, name):
        if self.scene == 'hostile':
            self.turn += 1
            name = f'{HOSTILE[self.turn % len(HOSTILE)][:180]}{self.turn}'
        return dict(source=f'{kind}:{name}', kind=kind, name=name)

    def make_incidents(self):
        b = self.begun
        old = dict(self.source('script', '/var/www/blog/wp-content (1004)'), incident=38, state='closed', opened=b - 70000, changed=b - 60000,
                   contained=b - 69996, closed=b - 60000, last_mail=b - 69000, score=21.4, threshold=18.2, messages=96, recipients=960, held=91,
                   failed=0, by_person=False, asks=False)
        self.incidents = [old]
        if not self.is_flood:
            return
        rows = [
            ('host', '198.51.100.23', 40, 'suspected', 900, 0, 11.3, 14, 160, 0, 0, False),
            ('mailbox', 'sales@shop.example', 41, 'cleaning', 430, 424, 31.8, 212, 4118, 178, 1, False),
            ('mailbox', 'info@bakery.example', 42, 'waiting', 140, 0, 19.7, 35, 700, 0, 0, True),
        ]
        for kind, name, n, state, ago, contained_ago, score, messages, recipients, held, failed, asks in rows:
            self.incidents.append(dict(
                self.source(kind, name), incident=n, state=state, opened=b - ago, changed=b - ago // 2,
                contained=b - contained_ago if contained_ago else 0, closed=0, last_mail=b - 20, score=score, threshold=18.2,
                messages=messages, recipients=recipients, held=held, failed=failed, by_person=False, asks=asks))
        for i in self.incidents:
            i['reasons'] = [
                (9.6, self.text('38 strangers in 4 minutes; on its busiest day it wrote to 6'), 'strangers'),
                (6.2, self.text('its messages name 31 senders that are not hosted here'), 'foreign-senders'),
                (5.0, self.text('the same text to 35 recipients'), 'same-text'),
                (4.1, self.text('logged in from 9 addresses in 5 countries within 10 minutes'), 'many-hosts'),
                (-2.0, self.text('it has sent mail on 212 days before'), 'known')]

    def make_holds(self):
        b = self.begun
        self.holds = []
        for n, i in enumerate(self.incidents):
            if i['held'] > 0:
                self.holds.append(dict(
                    hold=17 + n, created=iso(i['contained'] + 2), who='the daemon', reason=self.text(f"incident {i['incident']}"), source=i['source'],
                    selector=self.text('source = ' + i['source']), spool='/var/spool/exim4', queue='stanch', messages=i['held'], held=i['held'],
                    restored=0, purged=0, missing=0, state='held', oldest=iso(b - 80000), expires=iso(b + 86400 * 13), incident=i['incident']))

    def make_queue(self):
        dice, b = self.dice, self.begun
        total = 12 if not self.is_flood else 640
        subjects = ['Invoice 2026-118', 'Re: appointment on Friday', 'Your parcel could not be delivered', 'minutes of the meeting', 'Win a telephone today']
        self.messages = []
        for n in range(total):
            bad = self.is_flood and n % 3 == 0
            who = self.incidents[-1] if bad else None
            source = {k: who[k] for k in ('source', 'kind', 'name')} if bad else self.source('mailbox', dice.choice(['ann', 'bob', 'office', 'shop']) + '@firm.example')
            received = b - n * 9 - dice.randrange(9)
            tag = ''.join(dice.choice('ABCDEFGHKLMNPQRSTUVWXYZabcdefghkmnpqrstuvwxyz0123456789') for _ in range(6))
            self.messages.append(dict(
                source, id=f'1sXy{n % 10}{"ABCDEFGHKLMNPQRSTUVWXYZ"[n % 23]}-0000{tag[:2]}-{tag[2:4]}', queue='stanch' if bad and n % 2 else '', received=iso(received), age=b - received,
                size=dice.randrange(900, 90000), frozen=n % 17 == 5, bounce=False, sender=self.text(source['name'] if '@' in source['name'] else ''),
                recipients=[self.text(f'{dice.choice(["carol", "dave", "erin"])}{n}@elsewhere.example')], recipient_count=20 if bad else 1 + n % 2,
                delivered_count=0, pending_count=1, subject=self.text(subjects[4] if bad else dice.choice(subjects[:4])), damaged=None))

    def make_audit(self):
        b = self.begun
        count = 8 if not self.is_flood else 260
        kinds = [('step', 'verdict', None), ('queue', 'hold', 'done'), ('deed', 'refuse', 'done'), ('deed', 'tell', 'waiting'), ('exemption', 'exempt', None), ('opened', 'opened', None)]
        for n in range(count):
            i = self.incidents[n % len(self.incidents)]
            kind, what, state = kinds[n % 6]
            row = dict(at=iso(b - n * 1311), kind=kind, what=self.text(what) if kind != 'step' else what, who=self.text('ann (page, 192.0.2.7)') if n % 3 == 0 else None, who_known=n % 11 != 10,
                       incident=i['incident'], hold=17 if kind == 'queue' else None, source=i['source'], **{'from': 'suspected', 'to': 'contained'} if kind == 'step' else {'from': None, 'to': None},
                       state=state, until=iso(b + 86400) if kind == 'exemption' else None, words=self.text('38 strangers in 4 minutes'), cursor=f'{b - n * 1311}-1-{n + 1}')
            if kind == 'queue':
                row.update(messages=178, done=177, left=1, missing=0, conflict=0)
            self.audit.append(row)

    # ---- documents ----

    def load_at(self, at):
        """Messages a minute on an ordinary day, and what the flood adds."""
        hour = (at % 86400) / 3600
        wave = 6 + 18 * max(0.0, math.sin((hour - 5) / 24 * 2 * math.pi)) + 3 * math.sin(at / 530) + 2 * math.sin(at / 97)
        flood = 160 * math.exp(-((at - (self.begun - 430)) / 240) ** 2) if self.is_flood else 0
        return max(1.0, wave), flood

    def minute(self, at):
        wave, flood = self.load_at(at)
        queue = 9 + wave * 0.3 + (620 / (1 + math.exp(min(50.0, -(at - (self.begun - 420)) / 45))) if self.is_flood else 0)
        return dict(accepted=round(wave + flood * .6), delivered=round(wave * 1.2 + flood), deferred=round(wave * .12 + flood * .3),
                    failed=round(wave * .05 + flood * .25), refused=round(wave * .1 + (flood * .2 if at > self.begun - 424 else 0)), queue=round(queue))

    def history(self, start, end):
        step = next((s for s in (60, 300, 900) if (end - start) / s + 2 <= 1500), 3600)
        names = ('accepted', 'delivered', 'deferred', 'failed', 'refused')
        document = dict({'from': start - start % step, 'to': end, 'step': step, 'at': []}, queue=[], queue_most=[], held=[], **{n: [] for n in names}, counted=[])
        held = sum(h['held'] for h in self.holds)
        for at in range(start - start % step, end, step):
            minutes = [self.minute(m) for m in range(at, min(at + step, end), 60) if self.scene != 'unknown' and not 33000 < self.begun - m < 35400]
            document['at'].append(at)
            document['counted'].append(len(minutes))
            for name in names:
                document[name].append(sum(m[name] for m in minutes) if minutes else None)
            document['queue'].append(round(sum(m['queue'] for m in minutes) / len(minutes)) if minutes else None)
            document['queue_most'].append(max(m['queue'] for m in minutes) if minutes else None)
            document['held'].append(None if not minutes else held if at > self.begun - 420 or not self.is_flood else 91)
        return document

    def pace(self, top, begins):
        dice = random.Random(top * 31 + begins)
        return [max(0, round(dice.gauss(top * .1, top * .05))) if n < begins else max(0, round(dice.gauss(top, top * .2))) for n in range(60)]

    def sources(self):
        rows = []
        for i in reversed(self.incidents):
            if i['state'] == 'closed':
                continue
            rows.append(dict(source=i['source'], kind=i['kind'], name=i['name'], score=i['score'], threshold=18.2,
                             verdict='contain' if i['score'] > 18.2 else 'suspect', messages=i['messages'], recipients=i['recipients'],
                             failed=i['recipients'] // 9, why=i['reasons'][0][1], pace=self.pace(max(4, i['recipients'] // 9), 50)))
        for n, name in enumerate(['office@firm.example', 'ann@firm.example', 'shop@firm.example', 'bob@firm.example']):
            rows.append(dict(source=f'mailbox:{name}', kind='mailbox', name=name, score=round(2.2 - n * .7, 2), threshold=18.2, verdict='nothing',
                             messages=14 - n, recipients=19 - n, failed=0, why='it wrote to 3 strangers today' if n == 0 else '', pace=self.pace(3 - n * .5, 0)))
        return sorted(rows, key=lambda r: -r['score'])

    def now(self):
        with self.lock:
            at = time.time()
            last = int(at) - int(at) % 60 - 60
            queue = self.minute(int(at))['queue']
            shown = [i for i in self.incidents if i['state'] not in ('closed', 'dismissed', 'released')]
            keys = ('incident', 'source', 'kind', 'name', 'state', 'opened', 'changed', 'contained', 'score', 'threshold', 'messages', 'recipients', 'held', 'failed', 'asks')
            if self.scene == 'unknown':
                return dict(at=round(at, 3), version='0.1.0', host='mail.firm.example', mode='observe', ready=False, journal=False, watcher_age=None, lag_seconds=None, unread_bytes=None,
                            queue=None, held=None, incidents=None, incidents_left_out=None, sources=None, sources_known=None, sources_active=None, minute=None)
            return dict(at=round(at, 3), version='0.1.0', host=self.text('mail.firm.example')[:200], mode='cut off and hold', ready=True, journal=True, watcher_age=1,
                        lag_seconds=0, unread_bytes=0, queue=queue, held=sum(h['held'] for h in self.holds), incidents=[{k: i[k] for k in keys} for i in shown], incidents_left_out=0,
                        sources=self.sources(), sources_known=1873, sources_active=len(self.sources()) + 11, minute=dict(self.minute(last), at=last))

    def row(self, i):
        return dict(incident=i['incident'], source=i['source'], kind=i['kind'], name=i['name'], state=i['state'], opened=iso(i['opened']), changed=iso(i['changed']),
                    contained=iso(i['contained']), closed=iso(i['closed']), last_mail=iso(i['last_mail']), score=i['score'], threshold=i['threshold'],
                    messages=i['messages'], recipients=i['recipients'], held=i['held'], by_person=i['by_person'])

    def story(self, i):
        o, first, n = i['opened'], i['opened'] - 95, i['incident']
        document = self.row(i)
        steps = [dict(at=iso(o), event='verdict' if i['contained'] else 'ask', **{'from': 'suspected'}, to='contained' if i['contained'] else 'waiting', who=None, words=self.text('38 strangers in 4 minutes'))]
        actions = []
        if i['contained']:
            c = i['contained']
            steps += [dict(at=iso(c + 1), event='hold', **{'from': 'contained'}, to='cleaning', who=None, words=''),
                      dict(at=iso(c + 4), event='found', **{'from': 'cleaning'}, to='cleaning', who=None, words=self.text('178 messages were held'))]
            for second, name, state, words in (
                    (0, 'refuse', 'intended', ''), (1, 'refuse', 'done', 'refused at MAIL, RCPT and DATA'), (1, 'sessions', 'done', '3 sessions were ended'),
                    (2, 'secret', 'failed', 'cPanel answered: no such mailbox'), (3, 'tell', 'done', 'mail to owner@shop.example')):
                actions.append(dict(at=iso(c + second), responder=name, state=state, words=self.text(words)))
        if i['state'] == 'closed':
            steps.append(dict(at=iso(i['closed']), event='quiet', **{'from': 'clean'}, to='closed', who=None, words=''))
        if i['by_person']:
            steps.append(dict(at=iso(i['changed']), event={'released': 'release', 'dismissed': 'dismiss'}.get(i['state'], 'approve'), **{'from': 'waiting'}, to=i['state'], who='ann (page, 192.0.2.7)', words=i.get('words', '')))
        mine = [m for m in self.messages if m['source'] == i['source']]
        ids = [m['id'] for m in mine[:5]]
        scores, score = [], 0.5
        for step in range(24):
            score = min(i['score'], score + i['score'] / 20 * (0.4 + step % 5 / 2.5))
            scores.append(dict(time=first + step * 95 / 23, score=round(score, 2)))
        document.update(
            steps=steps, actions=actions,
            evidence=[dict(detector=d, bits=bits, text=text, ids=ids[:3]) for bits, text, d in i.get('reasons', [(21.4, 'the same text to 96 recipients', 'same-text')])],
            scores=scores, holds=[h['hold'] for h in self.holds if h.get('incident') == i['incident']],
            recipient_domains=[dict(domain=self.text(d), recipients=r) for d, r in (('gmail.example', 1204), ('hotmail.example', 870), ('web.example', 412), ('free.example', 96))] if i['held'] else [],
            recipient_domains_left_out=212 if i['held'] else 0, recipient_domains_of=i['held'], recipient_domains_uncounted=0, samples=ids, first_odd=iso(first),
            undo=[dict(action='release', incident=n, command=f'stanch incident release {n}', help="put its mail back; this evidence never counts again")] if i['contained'] and i['state'] != 'released' else [],
            choices=[dict(action=a, incident=n, command=f'stanch incident {w} {n}', help=h) for a, w, h in (('contain', 'hold', 'take its mail out of the queue'), ('dismiss', 'dismiss', 'it is no thief; this evidence never counts again')) if i['state'] in ('suspected', 'waiting')])
        return document

    def message(self, m):
        lines = ['Dear customer,', '', 'your parcel waits for you at http://198.51.100.9/track.php?id=77 and', 'has to be fetched within 24 hours.', '', '    Best regards']
        return dict(m, recipients=[dict(address=r, delivered=False) for r in m['recipients'] * min(3, m['recipient_count'])], known_by='authenticated as the mailbox', held=m['queue'] == 'stanch',
                    login='Debian-exim', uid=101, gid=105, host='203.0.113.77', host_name=self.text('dsl-77.example'), helo=self.text('[10.0.0.5]'), protocol='esmtpsa', interface='192.0.2.1',
                    authenticator='plain', authenticated_id=self.text(m['name']), tls=None, frozen_since=m['received'] if m['frozen'] else None, warnings=0,
                    script_claims=[self.text('/home/shop/public_html/mail.php')], headers=[
                        dict(name='Received', value=self.text('from [10.0.0.5] by mail.firm.example'), sent=True), dict(name=self.text('Subject'), value=m['subject'], sent=True),
                        dict(name='From', value=self.text('"Parcel service" <no-reply@parcel.example>'), sent=True), dict(name='X-Mailer', value=self.text('PHPMailer 5.2'), sent=False)],
                    text='\n'.join(HOSTILE) if self.scene == 'hostile' else '\n'.join(lines), attachments=[dict(name=self.text('invoice.pdf.exe'), type=self.text('application/octet-stream'))])

    def queue(self, args):
        word, place = args.get('q', '').lower(), args.get('in', 'any')
        fields = {'any': ('id', 'sender', 'recipients', 'source', 'subject'), 'recipient': ('recipients',)}.get(place, (place,))
        fits = [m for m in self.messages if (args.get('frozen') != '1' or m['frozen']) and
                (not word or any(word in (' '.join(m[f]) if f == 'recipients' else str(m[f])).lower() for f in fields))]
        limit, begin = min(200, int(args.get('limit', 50))), int(args.get('after', '0') or 0)
        reading = self.is_flood and time.time() < self.begun + 2
        rows = [{k: m[k] for k in ('id', 'queue', 'received', 'size', 'frozen', 'source', 'sender', 'recipients', 'recipient_count', 'subject')} for m in fits[begin:begin + limit]]
        return dict(state='reading' if reading else 'ready', read=320 if reading else len(self.messages), messages=len(self.messages), complete=not reading, found=len(fits), found_is_least=False,
                    rows=rows, next=str(begin + limit) if begin + limit < len(fits) else None)

    def about_source(self, name):
        mine = [i for i in self.incidents if i['source'] == name]
        today = self.begun - self.begun % 86400
        dice = random.Random(len(name))
        days = []
        for n in range(170, -1, -1):
            at = today - n * 86400
            if time.gmtime(at).tm_wday < 5 and dice.random() > .1:
                bad = mine and n == 0
                sent = dice.randrange(1, 14) + (mine[0]['recipients'] if bad else 0)
                days.append(dict(day=time.strftime('%Y-%m-%d', time.gmtime(at)), messages=max(1, sent // 2), recipients=sent, failed=sent // 9, complaints=1 if bad else 0))
        kind, _, rest = name.partition(':')
        reasons = mine[0].get('reasons', []) if mine else []
        remembered = dict(source=name, kind=kind, name=rest, saved=iso(self.begun), first=iso(self.begun - 86400 * 170), last=iso(self.begun - 40), messages=1411, active_days=61, people=37, busiest=6,
                          contained=iso(mine[0]['contained']) if mine else None, score=mine[0]['score'] if mine else 0.4, threshold=18.2,
                          evidence=[dict(detector=d, bits=b, text=t, ids=[]) for b, t, d in reasons])
        return dict(source=name, remembered=remembered, days=days, incidents=[self.row(i) for i in mine])

    def replays(self):
        if not self.is_flood:
            return []
        found = [dict(source=i['source'], kind=i['kind'], name=i['name'], at=iso(i['opened']), begun=iso(i['opened'] - 95), last=iso(i['opened'] + 900), score=i['score'], threshold=i['threshold'],
                      messages=4, recipients=44, messages_stopped=i['messages'], recipients_stopped=i['recipients'], messages_beside=0, recipients_beside=0,
                      why=i['reasons'][0][1]) for i in self.incidents]
        return [dict(replay='20261126T081500Z', at=iso(self.begun - 90000), who=self.text('root'), logs=[self.text('/var/log/exim4/mainlog'), self.text('/var/log/exim4/mainlog.1')], logs_left_out=0, facts=None,
                     since=None, until=None, alpha=0.001, contain_bits=18.2, first=iso(self.begun - 86400 * 30), last=iso(self.begun - 90000), messages=48210, recipients=61702, sources=1873, contained=3, near=1,
                     not_kept=0, left_out=0, messages_stopped=343, recipients_stopped=5778, findings=[f for f in found if f['score'] > 18.2], findings_left_out=0,
                     near_ones=[f for f in found if f['score'] <= 18.2], near_left_out=0)]

    def blocklists(self):
        rows = []
        for address in ('192.0.2.25', '2001:db8::25'):
            for n, zone in enumerate(('zen.blocklist.example', 'bl.spam.example', 'all.lists.example')):
                listed = None if n == 2 and self.is_flood else self.scene == 'hostile' and n == 0
                rows.append(dict(address=address, zone=self.text(zone), listed=listed, text=self.text('' if listed is False else 'no answer in 5 s')))
        return dict(lists=rows, checked_at=iso(self.begun - 300))

    # ---- actions ----

    def act(self, body, user):
        action, dry = body.get('action'), body.get('dry_run') is True
        targets = [k for k in ('source', 'incident', 'hold') if k in body]
        if action not in ('contain', 'release', 'restore', 'dismiss', 'exempt', 'unexempt', 'purge') or len(targets) != 1:
            return 400, dict(error='that is no action of this table')
        if action in ('exempt', 'unexempt') and 'dry_run' in body:
            return 400, dict(error='dry_run: there is no such argument here')
        if not isinstance(body.get('reason'), str) or not body['reason']:
            return 400, dict(error='a reason is needed')
        found = [i for i in self.incidents if i['incident'] == body.get('incident') or i['source'] == body.get('source')]
        holds = [h for h in self.holds if h['hold'] == body.get('hold')]
        if action in ('restore', 'purge') and not holds or action == 'dismiss' and not found:
            return 404, dict(error='there is nothing of that number')
        if action in ('restore', 'purge'):
            n = holds[0]['held']
            if not dry:
                holds[0].update(held=0, state='restored' if action == 'restore' else 'purged')
            output = [dict(hold=holds[0]['hold'], action=action, messages=n, done=0 if dry else n, left=n if dry else 0, missing=0, conflict=0, state='planned' if dry else 'restored', problems=[])]
            return 200, dict(exit=0, done=not dry, output=output, said='')
        if action in ('exempt', 'unexempt'):
            if not dry:
                self.exempted = [e for e in self.exempted if e['source'] != body['source']]
                if action == 'exempt':
                    kind, _, name = body['source'].partition(':')
                    self.exempted.append(dict(source=body['source'], kind=kind, name=name, since=iso(time.time()), until=iso(time.time() + 259200), who=user, reason=body['reason']))
            return 200, dict(exit=0, done=not dry, output=[], said=f"{body['source']} {'would be' if dry else 'is'} {action}ed\n")
        state = {'contain': 'contained', 'release': 'released', 'dismiss': 'dismissed'}[action]
        wanted = [] if not found else [found[-1]]
        output = [dict(incident=i['incident'], responders=[
            dict(name='refuse', state='intended' if dry else 'done', words=self.text('is turned away from its next command on' if dry else 'refused at MAIL, RCPT and DATA')),
            dict(name='sessions', state='intended' if dry else 'done', words='2 sessions are ended')], done=0 if dry else 2, waiting=0, failed=0, next=None) for i in wanted]
        if not dry:
            for i in wanted:
                i.update(state=state, changed=int(time.time()), by_person=True, asks=False, words=body['reason'], contained=int(time.time()) if action == 'contain' else i['contained'])
            self.audit.insert(0, dict(self.audit[0], at=iso(time.time()), kind='step', what=action if action != 'contain' else 'approve', who=user, who_known=True, hold=None,
                                      incident=wanted[0]['incident'] if wanted else None, words=body['reason'], cursor=f'{int(time.time())}-2-{len(self.audit) + 1}'))
        return 200, dict(exit=1 if dry else 0, done=not dry, output=output, said={'contain': 'Contain it?\n', 'release': 'Put its mail back?\n', 'dismiss': 'Dismiss it?\n'}[action] if dry else '')


class Door(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    world = folder = chart = None
    sessions = {}
    failures = {}

    def log_message(self, *_):
        pass

    # ---- answers ----

    def answer(self, status, body, kind='application/json; charset=utf-8', fields=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        zipped = 'gzip' in self.headers.get('Accept-Encoding', '') and len(body) > 200
        if zipped:
            body = gzip.compress(body)
        self.send_response(status)
        for name, value in (('Content-Type', kind), ('Content-Length', str(len(body))), ('Content-Security-Policy', POLICY), ('X-Content-Type-Options', 'nosniff'),
                            ('Referrer-Policy', 'no-referrer'), ('Cross-Origin-Opener-Policy', 'same-origin'), *([('Content-Encoding', 'gzip')] if zipped else []), *fields):
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def refuse(self, status, sentence):
        self.answer(status, dict(error=sentence), fields=[('Cache-Control', 'no-store')])

    def tell(self, body, fields=()):
        self.answer(200, body, fields=[('Cache-Control', 'no-store'), *fields])

    def static(self, path):
        name = 'index.html' if path == '/' else path[1:]
        file = self.chart if name == 'chart.js' else self.folder / name
        if '/' in name or file.suffix not in KINDS or not file.is_file():
            return self.refuse(404, 'there is no such page')
        body = file.read_bytes()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get('If-None-Match') == tag:
            self.send_response(304)
            self.send_header('ETag', tag)
            self.send_header('Content-Length', '0')
            self.end_headers()
            return None
        return self.answer(200, body, KINDS[file.suffix], [('ETag', tag), ('Cache-Control', 'no-cache')])

    # ---- who ----

    def session(self):
        for part in self.headers.get('Cookie', '').split(';'):
            name, _, value = part.strip().partition('=')
            if name == 'stanch' and value in self.sessions:
                return self.sessions[value]
        return None

    def log_in(self, body):
        name = body.get('name')
        if self.failures.get(name, 0) >= 5:
            return self.refuse(429, 'too many failed logins: wait for 30 seconds')
        if name not in ROLES or body.get('password') != PASSWORD:
            self.failures[name] = self.failures.get(name, 0) + 1
            return self.refuse(401, 'the name or the password is wrong')
        self.failures.pop(name, None)
        key = secrets.token_hex(32)
        self.sessions[key] = dict(name=name, role=ROLES[name], csrf=secrets.token_hex(32), ends_at=int(time.time()) + 43200, way='login')
        return self.tell(self.sessions[key], [('Set-Cookie', f'stanch={key}; HttpOnly; SameSite=Strict; Path=/')])

    # ---- requests ----

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        args = dict(urllib.parse.parse_qsl(url.query))
        if url.path == '/test/scene':
            self.world.set_scene(args['name'])
            self.sessions_end(args)
            return self.tell({})
        if url.path == '/test/silence':
            self.world.silent = args['on'] == '1'
            return self.tell({})
        if url.path == '/test/end-sessions':
            self.sessions.clear()
            return self.tell({})
        if not url.path.startswith('/api/'):
            return self.static(url.path)
        session = self.session()
        if session is None:
            return self.refuse(401, 'you are not logged in')
        if url.path == '/api/events':
            return self.events()
        with self.world.lock:
            status, body = self.read(url.path[5:], args, session)
        return self.tell(body) if status == 200 else self.refuse(status, body)

    def sessions_end(self, args):
        if args.get('end') == '1':
            self.sessions.clear()

    def read(self, what, args, session):
        w = self.world
        if what == 'session':
            return 200, session
        if w.silent:
            return 503, 'the daemon does not answer'
        if what == 'now':
            return 200, dict(w.now(), age_ms=12, is_old=False)
        if what == 'history':
            end = int(args.get('to', time.time()))
            return 200, w.history(int(args.get('from', end - 86400)), end)
        if what == 'incidents':
            rows = [w.row(i) for i in reversed(w.incidents) if args.get('all') == '1' or i['state'] not in ('closed', 'released', 'dismissed')]
            return 200, dict(incidents=[r for r in rows if 'source' not in args or r['source'] == args['source']], left_out=0)
        if what.startswith('incidents/'):
            found = [i for i in w.incidents if str(i['incident']) == what[10:]]
            return (200, w.story(found[0])) if found else (404, 'there is no incident of that number')
        if what == 'message':
            found = [m for m in w.messages if m['id'] == args.get('id')]
            return (200, w.message(found[0])) if found else (404, 'this message is not in the queue')
        answers = dict(queue=lambda: w.queue(args), source=lambda: w.about_source(args.get('source', '')), holds=lambda: dict(holds=w.holds[::-1], left_out=0),
                       exemptions=lambda: dict(exemptions=w.exempted, left_out=0), blocklists=w.blocklists, replays=lambda: dict(replays=w.replays()), audit=lambda: self.audit(args))
        return (200, copy.deepcopy(answers[what]())) if what in answers else (404, 'there is nothing of that name')

    def audit(self, args):
        rows = self.world.audit
        begin = next((n + 1 for n, r in enumerate(rows) if r['cursor'] == args.get('before')), 0)
        limit = int(args.get('limit', 100))
        return dict(entries=rows[begin:begin + limit], next=rows[begin + limit - 1]['cursor'] if begin + limit < len(rows) else None)

    def events(self):
        self.send_response(200)
        for name, value in (('Content-Type', 'text/event-stream'), ('Cache-Control', 'no-store'), ('Content-Security-Policy', POLICY), ('Connection', 'close')):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        try:
            while self.session() is not None:
                if not self.world.silent:
                    self.wfile.write(f'event: now\ndata: {json.dumps(self.world.now())}\n\n'.encode())
                    self.wfile.flush()
                time.sleep(1)
        except OSError:
            pass

    def do_POST(self):
        length = int(self.headers.get('Content-Length', '0'))
        if length > BODY_MOST:
            self.close_connection = True
            return self.refuse(413, 'that is too long')
        raw = self.rfile.read(length)
        if self.headers.get('Content-Type') != 'application/json':
            return self.refuse(400, 'only JSON is understood')
        try:
            body = json.loads(raw)
        except ValueError:
            return self.refuse(400, 'that is no JSON')
        if self.path == '/api/login':
            return self.log_in(body)
        session = self.session()
        if session is None:
            return self.refuse(401, 'you are not logged in')
        if not secrets.compare_digest(self.headers.get('X-Stanch-CSRF', ''), session['csrf']):
            return self.refuse(403, 'this did not come from the page: the field X-Stanch-CSRF is missing or wrong')
        if self.path == '/api/logout':
            for key in [k for k, s in self.sessions.items() if s is session]:
                del self.sessions[key]
            return self.tell({}, [('Set-Cookie', 'stanch=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/')])
        if self.path != '/api/actions':
            return self.refuse(404, 'there is nothing of that name')
        if session['role'] != 'operator':
            return self.refuse(403, 'this needs the role operator')
        with self.world.lock:
            status, answer = self.world.act(body, f"{session['name']} (page, 127.0.0.1)")
        return self.tell(answer) if status == 200 else self.answer(status, answer)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--scene', default='calm')
    parser.add_argument('--chart', type=pathlib.Path, default='/usr/share/javascript/chart.js/chart.min.js')
    options = parser.parse_args()
    Door.world, Door.folder, Door.chart = World(options.scene), options.folder.resolve(), options.chart
    server = ThreadingHTTPServer(('127.0.0.1', options.port), Door)
    server.daemon_threads = True
    print(f'http://127.0.0.1:{server.server_address[1]}/', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
