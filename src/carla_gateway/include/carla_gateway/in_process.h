// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__IN_PROCESS_H_
#define CARLA_GATEWAY__IN_PROCESS_H_

/// The gateway's arithmetic as a C library, for programs that run the loop in one process: observations by
/// ObservationBuilder and RasterBuilder, controls by ControlGate, the same code that the node runs. No ROS;
/// no threads but those that draw rasters.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What the node has as parameters of the same names.
typedef struct
{
  uint32_t neighbour_count;
  float neighbour_radius_m;
  double max_steer_rate;
  double max_acceleration_rate;
} carla_gateway_config;

/// What the node has as parameters `raster_<name>`.
typedef struct
{
  uint32_t height;
  uint32_t width;
  float resolution_m;
  float ahead_m;
  uint32_t history;
  uint32_t history_interval;
  uint32_t threads;
} carla_gateway_raster_config;

/// What the ring has as static arrays for rasters.
typedef struct
{
  const uint8_t * cells;  ///< map_raster, u8 [rows][columns]
  uint32_t rows;
  uint32_t columns;
  const float * frame;        ///< map_frame, f32 [NUM_MAP_FRAME]
  const float * light_lines;  ///< f32 [num_lights][NUM_LIGHT_LINE]
  uint32_t num_lights;
} carla_gateway_town;

typedef struct carla_gateway_core carla_gateway_core;

/// Fills configurations with the defaults.
void carla_gateway_defaults(carla_gateway_config * config);
void carla_gateway_raster_defaults(carla_gateway_raster_config * config);

/// Makes a gateway for fleets of `num_agents` with `num_route_points` preview points, `step_s` per frame.
/// @param error buffer of `error_size` bytes, for the reason when it cannot
/// @return null when the configuration is out of bounds
carla_gateway_core * carla_gateway_open(uint32_t num_agents, uint32_t num_route_points, double step_s,
                                        const carla_gateway_config * config, char * error, size_t error_size);

/// Adds rasters to the observations from here on, or gives them another town, which is copied.
/// @return 0, or -1 and a reason when the configuration is out of bounds
int carla_gateway_add_rasters(carla_gateway_core * core, const carla_gateway_raster_config * config,
                              const carla_gateway_town * town, char * error, size_t error_size);

void carla_gateway_close(carla_gateway_core * core);

/// Names of the state's columns, one a line; valid while `core` is.
const char * carla_gateway_state_names(const carla_gateway_core * core);

/// Names of the rasters' channels, one a line; empty without rasters; valid while `core` is.
const char * carla_gateway_raster_names(const carla_gateway_core * core);

/// Builds the state of a frame, and awaits its action. Arrays as in the frame ring, row-major.
/// @param frame counts up from frame to frame
/// @param route_line not used without rasters, like light_states and rasters
/// @param state out, f32 [N][S]
/// @param rasters out, u8 [N][C][height][width]
/// @return 0, or -1 and a reason when an array holds a number that is not finite
int carla_gateway_observe(carla_gateway_core * core, uint64_t frame, const float * ego, const float * route,
                          const float * metrics, const uint8_t * status, const float * route_line,
                          const uint8_t * light_states, float * state, uint8_t * rasters, char * error,
                          size_t error_size);

/// Turns the action that answers the observed frame into vehicle controls.
/// @param actions f32 [N][NUM_ACTIONS]
/// @param controls out, f32 [N][3] throttle, brake, steer
/// @return 0, or -1 and a reason when no frame awaits an action
int carla_gateway_answer(carla_gateway_core * core, const float * actions, float * controls, char * error,
                         size_t error_size);

#ifdef __cplusplus
}
#endif

#endif  // CARLA_GATEWAY__IN_PROCESS_H_
