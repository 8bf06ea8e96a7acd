@NullMarked
package org.sjd4j.evaluation.metric;

import org.jspecify.annotations.NullMarked;
