/** Where commands put what they make. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.cli.output;
