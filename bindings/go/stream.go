package remotemedia

import (
	"context"
	"errors"
	"iter"
)

// Packets gives what comes out of the session, until its end. A failure, or the end of ctx, comes as the last pair.
//
//	for packet, err := range session.Packets(ctx) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(packet)
//	}
//
// Leaving the loop leaves the session as it is.
func (s *Session) Packets(ctx context.Context, options ...PortOption) iter.Seq2[*Packet, error] {
	return func(yield func(*Packet, error) bool) {
		for {
			packet, err := s.Poll(ctx, options...)
			if err == ErrEnd || !yield(packet, err) || err != nil {
				return
			}
		}
	}
}

// Stream pushes what inputs yields to the session's only input, closes that at the end of inputs, and gives what
// comes out, as Packets does.
//
// The inputs run in a goroutine of their own, so that outputs come while inputs wait. Leaving the loop, or an error,
// ends them: their next yield gives false. The loop is left when they have returned, so inputs that may wait for long
// should watch a context. Leaving the loop early leaves the session as it is, its input still open. Where another
// goroutine closes the input, the stream ends as the session does, and what inputs yields afterwards is not sent.
func (s *Session) Stream(ctx context.Context, inputs iter.Seq[*Packet]) iter.Seq2[*Packet, error] {
	return func(yield func(*Packet, error) bool) {
		pushing, stop := context.WithCancel(ctx)
		defer stop()
		pushed := make(chan error, 1)
		go func() { pushed <- s.pushAll(pushing, inputs) }()
		isLeft := false
		for packet, err := range s.Packets(ctx) {
			if !yield(packet, err) || err != nil {
				isLeft = true
				break
			}
		}
		stop()
		if err := <-pushed; err != nil && !isLeft {
			yield(nil, err)
		}
	}
}

// pushAll pushes inputs and closes the input behind them. Its error is what is wrong with a packet. That it was
// stopped, or the input closed, is none: the outputs tell how the session ends.
func (s *Session) pushAll(ctx context.Context, inputs iter.Seq[*Packet]) error {
	for packet := range inputs {
		err := s.Push(ctx, packet)
		if err == nil {
			continue
		}
		if err == ctx.Err() || packet.Err() == nil && errors.Is(err, ErrClosed) {
			return nil
		}
		if ctx.Err() == nil {
			s.CloseInput()
		}
		return err
	}
	return s.CloseInput()
}
