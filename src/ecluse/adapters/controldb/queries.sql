-- Each query has a name and a sentence. Written for SQLite and PostgreSQL alike; :name stands for a value.

-- name: span
-- The positions of the first and the last change that are kept; 0 and 0 when there is none.
SELECT COALESCE(MIN(position), 0), COALESCE(MAX(position), 0) FROM policy_change;

-- name: changed
-- The current form of what changed after a position, in the order of the changes.
SELECT change.position, object.kind, object.key, object.body
FROM policy_change AS change
JOIN published_object AS object ON object.kind = change.kind AND object.key = change.key
WHERE change.position > :position
ORDER BY change.position
LIMIT :most;

-- name: everything
-- Whatever is published now.
SELECT kind, key, body FROM published_object WHERE body IS NOT NULL ORDER BY kind, key;

-- name: orders_waiting
-- What a node has still to do after one order, the oldest first.
SELECT ordered_at, id, kind, target, actor, body
FROM node_order
WHERE node = :node AND answered_at IS NULL AND expires > :now AND (ordered_at, id) > (:ordered_at, :last)
ORDER BY ordered_at, id
LIMIT :most;

-- name: order_unanswered
-- One order of a node that has no answer yet.
SELECT id, kind, target, actor, body FROM node_order WHERE id = :id AND node = :node AND answered_at IS NULL;

-- name: answer_order
-- What came of an order; the key that its body may hold is erased.
UPDATE node_order
SET answered_at = :at, outcome = :outcome, text = :text, answer = :answer, body = NULL
WHERE id = :id AND node = :node AND answered_at IS NULL;

-- name: order_done
-- The copies that an order was for are where it sent them.
UPDATE held_copy
SET state = CASE state WHEN 'releasing' THEN 'released' WHEN 'deleting' THEN 'deleted' ELSE state END
WHERE order_id = :id;

-- name: order_failed
-- The copies that an order was for stay where they are.
UPDATE held_copy SET state = 'held', ended_at = NULL WHERE order_id = :id AND state IN ('releasing', 'deleting');

-- name: held_of_node
-- The messages of which the control plane believes that this node holds them.
SELECT DISTINCT message.id
FROM held_message AS message
JOIN held_copy AS copy ON copy.message_id = message.id
WHERE message.node = :node AND copy.state IN ('held', 'asked');

-- name: add_held_message
-- One held message; told again, the first word stays.
INSERT INTO held_message
    (id, client_id, node, sender, size, received_at, disposition, codes, reason, seal, summary, token,
     may_be_challenged, direction)
SELECT
    :id, client.id, :node, :sender, :size, :received_at, :disposition, :codes, :reason, :seal, :summary, :token,
    :may_be_challenged, :direction
FROM tenants_client AS client
WHERE client.name = :client
ON CONFLICT (id) DO NOTHING;

-- name: add_held_copy
-- What it is for one of its recipients.
INSERT INTO held_copy (message_id, client_id, recipient, category, state, channel, ended_by, is_reported)
SELECT message.id, message.client_id, :recipient, :category, 'held', '', '', :no
FROM held_message AS message
WHERE message.id = :id
ON CONFLICT (message_id, recipient) DO NOTHING;

-- name: held_is_gone
-- A message that left without an order of ours: purged, or at the node's command line.
UPDATE held_copy
SET state = 'gone', ended_at = :at
WHERE message_id = :id AND state IN ('held', 'asked');

-- name: routes_told
-- The next hops of which the control plane believes something that this node has told.
SELECT domain.name, health.host, health.port
FROM route_health AS health
JOIN tenants_domain AS domain ON domain.id = health.domain_id
WHERE health.node = :node;

-- name: tell_route
-- Whether one next hop of a domain answers at this node.
INSERT INTO route_health (client_id, domain_id, node, host, port, state, since, said, said_at)
SELECT domain.client_id, domain.id, :node, :host, :port, :state, :since, :said, :said_at
FROM tenants_domain AS domain
WHERE domain.name = :destination AND domain.proven_at IS NOT NULL
ON CONFLICT (node, domain_id, host, port) DO UPDATE SET
    state = excluded.state, since = excluded.since, said = excluded.said, said_at = excluded.said_at;

-- name: take_route_back
-- This node knows nothing of that next hop any more.
DELETE FROM route_health
WHERE node = :node AND host = :host AND port = :port
    AND domain_id IN (SELECT domain.id FROM tenants_domain AS domain WHERE domain.name = :destination);

-- name: tell_node_report
-- How a node is. When it was heard stands there by the database's clock: the node's own may be wrong, and that shows.
INSERT INTO node_report (node, body, heard_at)
VALUES (:node, :body, CURRENT_TIMESTAMP)
ON CONFLICT (node) DO UPDATE SET body = excluded.body, heard_at = excluded.heard_at;

-- name: backlogs
-- What the control plane believes to wait on a node.
SELECT client.name, backlog.destination
FROM backlog
JOIN tenants_client AS client ON client.id = backlog.client_id
WHERE backlog.node = :node;

-- name: tell_backlog
-- What waits on a node for one destination of a client.
INSERT INTO backlog
    (client_id, node, destination, total, held, octets, oldest, next_attempt, reason, outage_since, messages)
SELECT
    client.id, :node, :destination, :total, :held, :octets, :oldest, :next_attempt, :reason, :outage_since, :messages
FROM tenants_client AS client
WHERE client.name = :client
ON CONFLICT (node, client_id, destination) DO UPDATE SET
    total = excluded.total, held = excluded.held, octets = excluded.octets, oldest = excluded.oldest,
    next_attempt = excluded.next_attempt, reason = excluded.reason, outage_since = excluded.outage_since,
    messages = excluded.messages;

-- name: end_backlog
-- Nothing waits there any more.
DELETE FROM backlog
WHERE node = :node AND destination = :destination
    AND client_id = (SELECT client.id FROM tenants_client AS client WHERE client.name = :client);

-- name: add_complaint
-- What somebody complains of: it concerns the client whose domain is named, else whose address it came to.
INSERT INTO complaint (id, client_id, received_at, reporter, kind, domain, source_ip, incidents, recipient, author)
SELECT :id, client.id, :received_at, :reporter, :kind, CAST(:domain AS varchar), :source_ip, :incidents, :recipient, :author
FROM tenants_client AS client
WHERE client.id = COALESCE(
    (SELECT domain.client_id FROM tenants_domain AS domain WHERE domain.name = CAST(:domain AS varchar) AND domain.proven_at IS NOT NULL),
    (SELECT named.id FROM tenants_client AS named WHERE named.name = :client)
)
ON CONFLICT (id) DO NOTHING;

-- name: add_support_mail
-- Mail to the provider's support: a job finds the ticket that it belongs to.
INSERT INTO support_mail
    (id, received_at, sender, sender_name, proven, subject, text, message_id, thread, is_automatic, left_out, returned, is_looked_at)
VALUES
    (:id, :received_at, :sender, :sender_name, :proven, :subject, :said, :message_id, :thread, :is_automatic, :left_out, :returned, :no)
ON CONFLICT (id) DO NOTHING;

-- name: add_support_file
INSERT INTO support_mail_file (mail_id, number, name, kind, octets) VALUES (:mail, :number, :name, :kind, :octets);

-- name: tell_lock
-- How one lock of a client's account stands at a node. Evidence comes with the first word of it alone: what was purged stays so.
INSERT INTO sending_lock
    (lock_id, client_id, node, scope, name, cause, since, until, lifted_at, reason, times, origin, evidence, is_lifted_by_hand, is_sorted)
SELECT :id, client.id, :node, :scope, :name, :cause, :since, :until, :lifted_at, :reason, :times, :origin, :evidence, :is_lifted_by_hand, :no
FROM tenants_client AS client
WHERE client.name = :client
ON CONFLICT (node, lock_id) DO UPDATE SET
    until = excluded.until, lifted_at = excluded.lifted_at, times = excluded.times,
    is_lifted_by_hand = excluded.is_lifted_by_hand;

-- name: told_locks
-- What the control plane believes to be locked at a node.
SELECT lock_id FROM sending_lock WHERE node = :node AND lifted_at = 0 AND (until = 0 OR until > :now);

-- name: lift_lock
-- The node does not know it any more.
UPDATE sending_lock SET lifted_at = :now WHERE node = :node AND lock_id = :id;

-- name: tell_unknown_recipient
-- A server does not know to whom a client's message went.
INSERT INTO unknown_recipient (client_id, recipient, message, at, answer, is_sorted)
SELECT client.id, :recipient, :message, :at, :answer, :no
FROM tenants_client AS client
WHERE client.name = :client
ON CONFLICT (client_id, message, recipient) DO NOTHING;

-- name: told_lessons
-- All clients, and the last act of each that this node has told; without those of whom all is taken down.
SELECT client.name, COALESCE(MAX(lesson.number), 0)
FROM tenants_client AS client
LEFT JOIN lesson ON lesson.client_id = client.id AND lesson.node = :node
LEFT JOIN ended_client ON ended_client.client_id = client.id
WHERE ended_client.done_at IS NULL
GROUP BY client.name;

-- name: taken_down_clients
-- Whose things are gone, ninety days after the end: nodes erase what they have learned of them.
SELECT client.name
FROM ended_client JOIN tenants_client AS client ON client.id = ended_client.client_id
WHERE ended_client.done_at IS NOT NULL;

-- name: tell_lesson
-- What a node has learned, or has taken back, of what a client's people say; told again, the first word stays.
INSERT INTO lesson (client_id, node, number, at, channel, voter, message, is_spam, standing, undoes, taken_back_by)
SELECT client.id, :node, :number, :at, :channel, :voter, :message, :is_spam, :standing, :undoes, :nobody
FROM tenants_client AS client
WHERE client.name = :client
ON CONFLICT (client_id, node, number) DO NOTHING;

-- name: lesson_is_taken_back
-- The node has forgotten it.
UPDATE lesson SET taken_back_at = :at, taken_back_by = :voter
WHERE node = :node AND number = :number AND taken_back_at IS NULL
    AND client_id = (SELECT id FROM tenants_client WHERE name = :client);

-- name: share_lesson
-- The same for the other nodes, with its tokens; or the word that one is taken back.
INSERT INTO shared_lesson (client_id, node, log, number, at, told_at, channel, voter, message, is_spam,
    tokens, tokens_version, target_node, target_log, target_number)
SELECT client.id, :node, :log, :number, :at, :told_at, :channel, :voter, :message, :is_spam,
    :tokens, :tokens_version, :target_node, :target_log, :target_number
FROM tenants_client AS client
WHERE client.name = :client
ON CONFLICT (client_id, node, log, number) DO NOTHING;

-- name: unshare_lesson
-- It was taken back: who has not learned it is not to begin.
DELETE FROM shared_lesson
WHERE node = :node AND log = :log AND number = :number AND target_node = ''
    AND client_id = (SELECT id FROM tenants_client WHERE name = :client);

-- name: unshare_lessons
-- The node's log of the client's acts is another one.
DELETE FROM shared_lesson WHERE node = :node AND client_id = (SELECT id FROM tenants_client WHERE name = :client);

-- name: shared_logs
-- Of whom other nodes have shared something, and how far each has come.
SELECT client.name, shared.node, shared.log, MAX(shared.number)
FROM shared_lesson AS shared
JOIN tenants_client AS client ON client.id = shared.client_id
LEFT JOIN ended_client ON ended_client.client_id = client.id
WHERE shared.node <> :node AND ended_client.done_at IS NULL
GROUP BY client.name, shared.node, shared.log;

-- name: shared_numbers
-- What one of them has shared of a client since.
SELECT shared.number
FROM shared_lesson AS shared JOIN tenants_client AS client ON client.id = shared.client_id
WHERE client.name = :client AND shared.node = :node AND shared.log = :log AND shared.number > :after
ORDER BY shared.number
LIMIT :most;

-- name: shared_lesson
SELECT shared.at, shared.channel, shared.voter, shared.message, shared.is_spam, shared.tokens, shared.tokens_version,
    shared.target_node, shared.target_log, shared.target_number
FROM shared_lesson AS shared JOIN tenants_client AS client ON client.id = shared.client_id
WHERE client.name = :client AND shared.node = :node AND shared.log = :log AND shared.number = :number;

-- name: make_voter_key
-- Whoever is first makes it for all.
INSERT INTO voter_key (id, octets) VALUES (1, :octets) ON CONFLICT (id) DO NOTHING;

-- name: voter_key
SELECT octets FROM voter_key WHERE id = 1;

-- name: forget_lessons
-- The node's log of the client's acts is another one.
DELETE FROM lesson WHERE node = :node AND client_id = (SELECT id FROM tenants_client WHERE name = :client);

-- name: tell_found_address
-- The client's own server has confirmed an address that is not on its list, while that domain asks; up to a bound.
INSERT INTO found_address (client_id, domain_id, address, found_at)
SELECT domain.client_id, domain.id, CAST(:address AS varchar), :at
FROM tenants_domain AS domain
JOIN tenants_client AS client ON client.id = domain.client_id
WHERE client.name = :client AND domain.name = :domain
    AND domain.proven_at IS NOT NULL AND domain.recipients = 'verify'
    AND NOT EXISTS (SELECT 1 FROM tenants_address AS listed WHERE listed.key = CAST(:address AS varchar))
    AND (SELECT COUNT(*) FROM found_address AS fresh WHERE fresh.client_id = client.id AND fresh.found_at > :day_before)
        < :most_a_day
    AND (SELECT COUNT(*) FROM found_address AS waiting WHERE waiting.client_id = client.id AND waiting.dismissed_at IS NULL)
        < :most
ON CONFLICT (client_id, address) DO NOTHING;

-- name: tell_limit
-- How a limit stood in its newest window; several nodes tell of the same one, in any order, and some of it twice.
INSERT INTO sending_limit
    (client_id, scope, name, what, window_s, most, "count", "of", at, ends_at, reached_at, answer)
SELECT client.id, :scope, :name, :what, :window_s, :most, :count, :of, :at, :ends_at, :reached_at, :answer
FROM tenants_client AS client
WHERE client.name = :client
ON CONFLICT (client_id, scope, name, what, window_s) DO UPDATE SET
    most = excluded.most,
    "count" = CASE WHEN sending_limit.ends_at < excluded.ends_at OR sending_limit."count" < excluded."count"
        THEN excluded."count" ELSE sending_limit."count" END,
    "of" = CASE WHEN sending_limit.ends_at < excluded.ends_at OR sending_limit."count" < excluded."count"
        THEN excluded."of" ELSE sending_limit."of" END,
    at = CASE WHEN sending_limit.ends_at < excluded.ends_at OR excluded.at < sending_limit.at
        THEN excluded.at ELSE sending_limit.at END,
    reached_at = CASE WHEN sending_limit.ends_at < excluded.ends_at OR sending_limit.reached_at = 0
        THEN excluded.reached_at ELSE sending_limit.reached_at END,
    answer = CASE WHEN sending_limit.ends_at < excluded.ends_at OR sending_limit.reached_at = 0
        THEN excluded.answer ELSE sending_limit.answer END,
    ends_at = excluded.ends_at
WHERE sending_limit.ends_at <= excluded.ends_at;

-- name: owner_of_domain
SELECT domain.client_id, domain.id
FROM tenants_domain AS domain
WHERE domain.name = :name AND domain.proven_at IS NOT NULL;

-- name: reports_of_a_day
-- How many came about a domain, and how many of them by one reporter.
SELECT COUNT(*), COUNT(CASE WHEN told.proven = :proven THEN 1 END)
FROM domain_report AS told
WHERE told.domain_id = :domain AND told.kind = :kind AND told.received_at > :since;

-- name: tell_domain_report
-- What somebody reports of a domain; told again, by whichever node, the first word stays.
INSERT INTO domain_report (id, client_id, domain_id, name, kind, proven, policy, begin, received_at, passed, failed)
VALUES (:id, :client, :domain, :name, :kind, :proven, :policy, :begin, :received_at, :passed, :failed)
ON CONFLICT (id) DO NOTHING;

-- name: tell_reported_source
INSERT INTO reported_source (client_id, report_id, source, reason, passed, failed, dkim, spf, turned_away)
VALUES (:client, :report, :source, :reason, :passed, :failed, :dkim, :spf, :turned_away);
