// See sockets.h, and src/capture/binding.ts for the types.
#include "binding/sockets.h"

#include <memory>
#include <string>

#include "binding/bell.h"
#include "binding/js_error.h"
#include "socket/record_listener.h"
#include "socket/record_sender.h"
#include "socket/unix_socket.h"

namespace sysflow {
namespace {

Napi::Number ToNumber(const Napi::Env& env, uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

// new RecordSender(place)
class RecordSenderWrap : public Napi::ObjectWrap<RecordSenderWrap> {
 public:
  static Napi::Function Init(const Napi::Env& env) {
    return DefineClass(env, "RecordSender",
                       {
                           InstanceMethod<&RecordSenderWrap::Push>("push"),
                           InstanceMethod<&RecordSenderWrap::Stats>("stats"),
                           InstanceMethod<&RecordSenderWrap::Close>("close"),
                           InstanceAccessor<&RecordSenderWrap::Connection>("connection"),
                           InstanceAccessor<&RecordSenderWrap::QueuedBytes>("queuedBytes"),
                       });
  }

  explicit RecordSenderWrap(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<RecordSenderWrap>(info) {
    if (info.Length() != 1 || !info[0].IsString()) {
      throw Napi::TypeError::New(info.Env(), "RecordSender takes the path of a socket");
    }
    try {
      sender_ = std::make_unique<RecordSender>(info[0].As<Napi::String>().Utf8Value());
    } catch (const CaptureError& error) {
      throw ToJs(info.Env(), error);
    }
  }

 private:
  // push(block: Uint8Array, bytes: number, connection: number): bytes queued
  Napi::Value Push(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() != 3 || !info[0].IsTypedArray() || !info[1].IsNumber() ||
        !info[2].IsNumber()) {
      throw Napi::TypeError::New(env, "push takes a Uint8Array and two numbers");
    }
    const Napi::Uint8Array block = info[0].As<Napi::Uint8Array>();
    const size_t bytes = info[1].As<Napi::Number>().Uint32Value();
    const uint32_t connection = info[2].As<Napi::Number>().Uint32Value();
    if (bytes > block.ByteLength()) {
      throw Napi::RangeError::New(env, "push is told of more bytes than there are");
    }
    try {
      return ToNumber(env, sender_->Push(block.Data(), bytes, connection));
    } catch (const CaptureError& error) {
      throw ToJs(env, error);
    }
  }

  Napi::Value Stats(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const RecordSender::Stats stats = sender_->stats();
    Napi::Object object = Napi::Object::New(env);
    const auto put = [&](const char* name, uint64_t value) {
      object.Set(name, ToNumber(env, value));
    };
    put("sent", stats.sent);
    put("lost", stats.lost);
    put("unread", stats.unread);
    put("refused", stats.refused);
    put("sentBytes", stats.sent_bytes);
    put("queuedBytes", stats.queued_bytes);
    put("connections", stats.connections);
    put("connection", stats.connection);
    object.Set("fault", SocketFaultText(stats.fault));
    return object;
  }

  void Close(const Napi::CallbackInfo&) { sender_->Close(); }

  Napi::Value Connection(const Napi::CallbackInfo& info) {
    return ToNumber(info.Env(), sender_->connection());
  }

  Napi::Value QueuedBytes(const Napi::CallbackInfo& info) {
    return ToNumber(info.Env(), sender_->queued_bytes());
  }

  std::unique_ptr<RecordSender> sender_;
};

// new RecordListener(place, onReady)
class RecordListenerWrap : public Napi::ObjectWrap<RecordListenerWrap> {
 public:
  static Napi::Function Init(const Napi::Env& env) {
    return DefineClass(env, "RecordListener",
                       {
                           InstanceMethod<&RecordListenerWrap::Take>("take"),
                           InstanceMethod<&RecordListenerWrap::Drop>("drop"),
                           InstanceMethod<&RecordListenerWrap::Close>("close"),
                           InstanceAccessor<&RecordListenerWrap::TurnedAway>("turnedAway"),
                       });
  }

  explicit RecordListenerWrap(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<RecordListenerWrap>(info) {
    if (info.Length() != 2 || !info[0].IsString() || !info[1].IsFunction()) {
      throw Napi::TypeError::New(info.Env(),
                                 "RecordListener takes the path of a socket and a function");
    }
    try {
      bell_ = std::make_unique<Bell>(info.Env(), info[1]);
      listener_ = std::make_unique<RecordListener>(info[0].As<Napi::String>().Utf8Value(),
                                                   RecordListener::Limits(),
                                                   [bell = bell_.get()] { bell->Ring(); });
    } catch (const CaptureError& error) {
      throw ToJs(info.Env(), error);
    }
  }

 private:
  // take(buffer: Uint8Array): bytes of frames
  Napi::Value Take(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() != 1 || !info[0].IsTypedArray()) {
      throw Napi::TypeError::New(env, "take takes a Uint8Array");
    }
    Napi::Uint8Array buffer = info[0].As<Napi::Uint8Array>();
    if (buffer.ByteLength() < RecordListener::kPacketBytesMax + RecordListener::kFrameHeadBytes) {
      throw Napi::RangeError::New(env, "take needs room for the longest packet");
    }
    return ToNumber(env, listener_->Take(buffer.Data(), buffer.ByteLength()));
  }

  void Drop(const Napi::CallbackInfo& info) {
    if (info.Length() != 1 || !info[0].IsNumber()) {
      throw Napi::TypeError::New(info.Env(), "drop takes the number of a writer");
    }
    listener_->Drop(info[0].As<Napi::Number>().Uint32Value());
  }

  void Close(const Napi::CallbackInfo&) {
    listener_->Close();
    bell_->Close();
  }

  Napi::Value TurnedAway(const Napi::CallbackInfo& info) {
    return ToNumber(info.Env(), listener_->turned_away());
  }

  std::unique_ptr<Bell> bell_;  // before the listener, whose thread rings it
  std::unique_ptr<RecordListener> listener_;
};

}  // namespace

Napi::Function RecordSenderClass(const Napi::Env& env) { return RecordSenderWrap::Init(env); }

Napi::Function RecordListenerClass(const Napi::Env& env) { return RecordListenerWrap::Init(env); }

}  // namespace sysflow
