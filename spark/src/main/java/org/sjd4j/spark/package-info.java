/** The same work over a cluster: jobs for Apache Spark, one class each. */
@NullMarked
package org.sjd4j.spark;

import org.jspecify.annotations.NullMarked;
