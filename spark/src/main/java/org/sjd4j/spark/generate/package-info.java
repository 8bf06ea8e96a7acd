/** The job that generates an image for every caption. */
@NullMarked
package org.sjd4j.spark.generate;

import org.jspecify.annotations.NullMarked;
