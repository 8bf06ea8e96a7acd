/** The jobs that turn images into codes and train on many machines. */
@NullMarked
package org.sjd4j.spark.train;

import org.jspecify.annotations.NullMarked;
