/** Measurements that are too large or too long for a test. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.benchmarks;
