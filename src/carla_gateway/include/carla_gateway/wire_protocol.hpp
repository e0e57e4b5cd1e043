// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__WIRE_PROTOCOL_HPP_
#define CARLA_GATEWAY__WIRE_PROTOCOL_HPP_

#include <cstddef>
#include <cstdint>

/// Packets and ring blocks as docs/architecture.md lays them down, byte for byte.
namespace carla_gateway::wire
{

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the bridge protocol is little endian and read without swapping");

constexpr std::uint32_t kProtocolVersion = 1;

enum class Type : std::uint32_t
{
  kHello = 1,
  kWelcome = 2,
  kRefused = 3,
  kFrame = 4,
  kControl = 5,
  kReset = 6,
  kResetDone = 7,
  kBye = 8,
};

struct Header
{
  std::uint32_t type;
  std::uint32_t reserved;
  std::uint64_t frame;
};

struct Hello
{
  Header header;
  std::uint32_t protocol_version;
  std::uint32_t session;
};

struct Frame
{
  Header header;
  std::uint32_t slot;
  std::uint32_t reserved;
};

/// Followed by f32[num_agents][kControlColumns]: throttle, brake, steer.
struct Control
{
  Header header;
  std::uint32_t num_agents;
  std::uint32_t session;
};

/// Followed by u32[count], the agents.
struct Reset
{
  Header header;
  std::uint64_t request;
  std::int64_t seed;
  std::uint32_t count;
  std::uint32_t reserved;
};

struct ResetDone
{
  Header header;
  std::uint64_t request;
};

constexpr std::size_t kControlColumns = 3;

constexpr char kRingMagic[8] = {'C', 'D', 'R', 'L', 'R', 'I', 'N', 'G'};
constexpr std::uint32_t kRingVersion = 2;
constexpr std::uint64_t kAlignment = 64;

struct RingHeader
{
  char magic[8];
  std::uint32_t version;
  std::uint32_t header_bytes;
  std::uint64_t slot_bytes;
  std::uint32_t slot_count;
  std::uint32_t num_agents;
  std::uint32_t session;
  std::uint32_t array_count;
  double step_s;
  char reserved[16];
};

enum class Dtype : std::uint32_t
{
  kFloat32 = 1,
  kUint8 = 2,
};

enum class ArrayKind : std::uint32_t
{
  kPerFrame = 0,  ///< in every slot; its offset counts from the start of the slot
  kStatic = 1,  ///< there once, between descriptors and slot 0; its offset counts from the start of the ring
};

struct ArrayDescriptor
{
  char name[24];
  std::uint32_t dtype;
  std::uint32_t ndim;
  std::uint32_t shape[4];
  std::uint64_t offset;
  std::uint32_t kind;
  std::uint32_t reserved;
};

struct SlotHeader
{
  std::uint64_t generation;
  std::uint64_t frame;
  double sim_time_s;
  std::int64_t written_ns;
  char reserved[32];
};

/// A row of the static array "sensor_table".
struct SensorRecord
{
  std::uint32_t agent;
  std::uint32_t kind;      ///< SensorLayout::KIND_*
  std::uint64_t offset;    ///< of the payload in the array "sensors"
  std::uint64_t capacity;  ///< bytes of payload
  double position[3];      ///< on the ego, REP-103, m
  double orientation[4];   ///< x, y, z, w
  double rate_hz;          ///< 0: when something happens
  double fov_rad;          ///< of cameras
  std::uint32_t width;     ///< of cameras
  std::uint32_t height;    ///< of cameras; of lidars: channels
  char name[32];
  char type[48];    ///< CARLA's blueprint
  float lower_rad;  ///< of lidars: elevation of the lowest channel
  float upper_rad;  ///< of the highest
};

/// The block of one sensor; those of all sensors stand at the start of the array "sensors", in the table's
/// order.
struct SensorBlock
{
  std::uint64_t frame;
  double sim_time_s;
  std::uint64_t bytes;  ///< of payload
  std::uint32_t width;
  std::uint32_t height;
  std::uint32_t points;  ///< or events
  std::uint32_t flags;   ///< SensorLayout::FLAG_*
  char reserved[24];
};

/// One event of a collision sensor, an obstacle detector or a lane invasion sensor.
struct SensorEvent
{
  double sim_time_s;
  std::uint32_t actor;
  std::uint32_t marking;
  float values[3];
  char type[36];  ///< the other actor's blueprint
};

/// The static array "world".
struct World
{
  char map_name[64];
  char role_prefix[64];
};

static_assert(sizeof(SensorRecord) == 192 && sizeof(SensorBlock) == 64 && sizeof(SensorEvent) == 64);
static_assert(sizeof(World) == 128);
static_assert(sizeof(Header) == 16 && sizeof(Hello) == 24 && sizeof(Frame) == 24);
static_assert(sizeof(Control) == 24 && sizeof(Reset) == 40 && sizeof(ResetDone) == 24);
static_assert(sizeof(RingHeader) == 64 && sizeof(ArrayDescriptor) == 64 && sizeof(SlotHeader) == 64);

}  // namespace carla_gateway::wire

#endif  // CARLA_GATEWAY__WIRE_PROTOCOL_HPP_
