// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__IN_PROCESS_H_
#define CARLA_GATEWAY__IN_PROCESS_H_

/// The gateway's arithmetic as a C library, for programs that run the loop in one process: observations by
/// ObservationBuilder, controls by ControlGate, the same code that the node runs. No ROS, no threads.

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

typedef struct carla_gateway_core carla_gateway_core;

/// Fills `config` with the defaults.
void carla_gateway_defaults(carla_gateway_config * config);

/// Makes a gateway for fleets of `num_agents` with `num_route_points` preview points, `step_s` per frame.
/// @param error buffer of `error_size` bytes, for the reason when it cannot
/// @return null when the configuration is out of bounds
carla_gateway_core * carla_gateway_open(uint32_t num_agents, uint32_t num_route_points, double step_s,
                                        const carla_gateway_config * config, char * error, size_t error_size);

void carla_gateway_close(carla_gateway_core * core);

/// Names of the state's columns, one a line; valid while `core` is.
const char * carla_gateway_state_names(const carla_gateway_core * core);

/// Builds the state of a frame, and awaits its action. Arrays as in the frame ring, row-major.
/// @param frame counts up from frame to frame
/// @param state out, f32 [N][S]
/// @return 0, or -1 and a reason when an array holds a number that is not finite
int carla_gateway_observe(carla_gateway_core * core, uint64_t frame, const float * ego, const float * route,
                          const float * metrics, const uint8_t * status, float * state, char * error,
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
