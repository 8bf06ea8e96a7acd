/** Commands about checkpoints: list, inspect, convert, parity. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.cli.models;
