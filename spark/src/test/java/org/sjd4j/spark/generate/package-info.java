@NullMarked
package org.sjd4j.spark.generate;

import org.jspecify.annotations.NullMarked;
