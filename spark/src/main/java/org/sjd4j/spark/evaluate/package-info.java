/** The job that measures images that a job has generated. */
@NullMarked
package org.sjd4j.spark.evaluate;

import org.jspecify.annotations.NullMarked;
