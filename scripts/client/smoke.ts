// Asks a running service what finance, a dashboard and somebody who mistypes would, with nothing but the types that
// openapi-typescript reads from the API's description: smoke.js URL KEY

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [baseUrl, key] = process.argv.slice(2);
assert(baseUrl !== undefined && key !== undefined, "smoke.js URL KEY");

// Costs can be had as a table as well: this client takes JSON.
type Json = "application/json" | "application/problem+json";

const client = createClient<paths, Json>({
  baseUrl,
  headers: { Authorization: `Bearer ${key}` },
  // Lists are separated by commas and dimensions stand in brackets, as the description says.
  querySerializer: { array: { style: "form", explode: false }, object: { style: "deepObject", explode: true } },
});

/** Amounts have up to twelve decimals: as whole trillionths they are added without a loss. */
function trillionths(amount: string): bigint {
  const [, sign = "", whole = "", decimals = ""] = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(amount) ?? [];
  assert(whole !== "", `${amount} is no amount`);
  return BigInt(sign + whole + decimals.padEnd(12, "0"));
}

const sum = (amounts: string[]): bigint => amounts.map(trillionths).reduce((total, amount) => total + amount, 0n);

// Costs: rows by two dimensions add up to what the bill says Bedrock cost.
const april = await client.GET("/v1/costs", {
  params: { query: { period: ["2026-04"], group_by: ["tag:cost-center", "model"], order_by: "-cost" } },
});
assert(april.data !== undefined, JSON.stringify(april.error));
const [control] = april.data.control;
assert(control !== undefined);
assert.equal(control.delta, "0");
assert.equal(sum(april.data.data.map((row) => row.cost)), trillionths(control.bedrock_total));
assert.equal(control.bedrock_total, "5.1978");

// The same question again is answered without a body.
const tag = april.response.headers.get("etag");
assert(tag !== null);
const unchanged = await client.GET("/v1/costs", {
  params: { query: { period: ["2026-04"], group_by: ["tag:cost-center", "model"], order_by: "-cost" } },
  headers: { "If-None-Match": tag },
});
assert.equal(unchanged.response.status, 304);

// A filter and its complement are the whole.
const ofOne = { "tag:cost-center": "12345" };
const [kept, left] = await Promise.all([
  client.GET("/v1/costs", { params: { query: { period: ["2026-04"], filter: ofOne } } }),
  client.GET("/v1/costs", { params: { query: { period: ["2026-04"], exclude: ofOne } } }),
]);
assert(kept.data !== undefined && left.data !== undefined);
const parts = [...kept.data.data, ...left.data.data].map((row) => row.cost);
assert.deepEqual(kept.data.data.map((row) => row.cost), ["3.0738"]);
assert.equal(sum(parts), trillionths("5.1978"));

// Showback: what a team's days come to is what it cost.
const showback = await client.GET("/v1/teams/{team}/showback", {
  params: { path: { team: "data-science" }, query: { period: "2026-04" } },
});
assert(showback.data !== undefined, JSON.stringify(showback.error));
const { totals, by_day } = showback.data.data;
assert.deepEqual(totals.map((total) => [total.cost, total.currency]), [["1.517", "USD"]]);
assert.equal(sum(by_day.map((day) => day.cost)), trillionths("1.517"));

// A mistake is a problem with a type, and says what would be right.
const mistaken = await client.GET("/v1/teams/{team}/showback", { params: { path: { team: "data-sciense" } } });
assert.equal(mistaken.data, undefined);
const problem: components["schemas"]["Problem"] | undefined = mistaken.error;
assert.equal(problem?.type, "/problems/unknown-team");
assert.equal(problem.did_you_mean, "data-science");

// Whoever is not known is told nothing else.
const nobody = createClient<paths, Json>({ baseUrl });
const refused = await nobody.GET("/v1/costs");
assert.equal(refused.response.status, 401);

console.log(`costs, showback, a problem and a refusal, as ${april.data.meta.data_version} has them`);
