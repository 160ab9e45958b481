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
-- What a node has still to do, the oldest first.
SELECT id, kind, target, actor, body
FROM node_order
WHERE node = :node AND answered_at IS NULL AND expires > :now
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
