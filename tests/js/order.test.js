import assert from "node:assert/strict";
import test from "node:test";
import { Order } from "../../static/lib/order.js";

const event = (seq) => ({ seq, patch: { append: { seen: [seq] } } });
const snapshot = (seq) => ({ seq, seen: [`up to ${seq}`] });
const ready = (seq) => {
  const order = new Order();
  order.catchUp({ snapshot: snapshot(seq) });
  return order;
};

test("Events before the Snapshot are held back; those it contains are dropped, the rest applied", () => {
  const order = new Order();
  order.hold();
  [4, 5, 6, 7].forEach((seq) => assert.equal(order.receive(event(seq)), true));
  assert.equal(order.state, null);
  assert.equal(order.catchUp({ snapshot: snapshot(5) }), true);
  assert.deepEqual(order.state, { seq: 7, seen: ["up to 5", 6, 7] });
});

test("live Events apply in order, repeats are dropped", () => {
  const order = ready(5);
  [6, 6, 5, 7].forEach((seq) => assert.equal(order.receive(event(seq)), true));
  assert.deepEqual(order.state, { seq: 7, seen: ["up to 5", 6, 7] });
});

test("a gap is told and changes nothing", () => {
  const order = ready(5);
  assert.equal(order.receive(event(7)), false);
  assert.equal(order.seq, 5);
});

test("after a gap the missing Events and the held ones come together, in order", () => {
  const order = ready(5);
  order.receive(event(8));
  order.hold();
  order.receive(event(9));
  assert.equal(order.catchUp({ events: [event(6), event(7), event(8)] }), true);
  assert.deepEqual(order.state.seen, ["up to 5", 6, 7, 8, 9]);
});

test("an answer that still leaves a gap says so", () => {
  const order = ready(5);
  order.hold();
  order.receive(event(9));
  assert.equal(order.catchUp({ events: [event(6)] }), false);
  assert.equal(order.seq, 6);
});

test("a room in which nothing happened is a normal start", () => {
  const order = new Order();
  order.hold();
  assert.equal(order.catchUp({ snapshot: { seq: 0, seen: [] } }), true);
  assert.equal(order.receive(event(1)), true);
  assert.equal(order.seq, 1);
});

test("after forgetting, only a Snapshot helps: Events wait", () => {
  const order = ready(5);
  order.forget();
  assert.equal(order.seq, null);
  assert.equal(order.receive(event(6)), true);
  assert.equal(order.state, null);
  order.catchUp({ snapshot: snapshot(5) });
  assert.deepEqual(order.state.seen, ["up to 5", 6]);
});
