// What the API answers (docs/http-api.md), for the type checker. Nothing here runs.

/**
 * A trace in a list.
 * @typedef {object} Trace
 * @property {string} trace_id
 * @property {string} name
 * @property {string | null} start_time RFC 3339 with nanoseconds; null while no span has a start
 * @property {string | null} end_time
 * @property {number | null} duration_ms
 * @property {number} span_count
 * @property {number} error_count
 * @property {number} llm_count
 * @property {number} input_tokens
 * @property {number} output_tokens
 * @property {number} cached_tokens
 * @property {number} reasoning_tokens
 * @property {number | null} cost US dollars
 * @property {string[]} models
 * @property {string} session_id
 * @property {string} user_id
 * @property {string} agent
 * @property {string} status
 * @property {string[]} tags
 * @property {Record<string, number | null>} scores
 */

/**
 * A span in a tree. Absent texts are empty, absent numbers and times null.
 * @typedef {object} SpanNode
 * @property {number} depth
 * @property {number} children
 * @property {boolean} matched
 * @property {number} position place in the whole tree
 * @property {number} size spans below, and itself
 * @property {string} span_id
 * @property {string} parent_id
 * @property {string} name
 * @property {string} kind
 * @property {string} status
 * @property {string | null} start_time
 * @property {string | null} end_time
 * @property {number | null} duration_ms
 * @property {string} model
 * @property {number | null} input_tokens
 * @property {number | null} output_tokens
 * @property {number | null} cost
 * @property {string} error
 * @property {string} input_preview
 * @property {string} output_preview
 */

/**
 * What a span and all below it add up to.
 * @typedef {object} Totals
 * @property {number} spans
 * @property {number} errors
 * @property {number} input_tokens
 * @property {number} output_tokens
 * @property {number} cost
 * @property {boolean} critical
 */

/**
 * A span with everything; fields that are absent are left out.
 * @typedef {Record<string, any> & {trace_id: string, span_id: string, project: string,
 *   omitted?: Record<string, Omitted>}} Span
 */

/**
 * A payload that was too long to come along.
 * @typedef {object} Omitted
 * @property {number} bytes
 * @property {"json" | "text" | "binary"} type
 */

/**
 * A call in a conversation, with what it added.
 * @typedef {object} Turn
 * @property {number} position
 * @property {SpanNode & {trace_id: string}} call
 * @property {number} repeated
 * @property {TurnMessage[]} messages
 */

/**
 * @typedef {object} TurnMessage
 * @property {"input" | "output"} field
 * @property {number} index
 * @property {number} bytes
 * @property {any} content null when it is too long to come along
 */

/**
 * @typedef {object} SqlResult
 * @property {{name: string, type: string}[]} columns
 * @property {any[][]} rows
 * @property {boolean} truncated
 */

export {};
