/** Commands that run evaluations: evaluate, compare, sheet, tune. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.cli.evaluate;
