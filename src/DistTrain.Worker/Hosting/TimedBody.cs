using System.IO.Pipelines;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace DistTrain.Worker.Hosting;

/// <summary>
/// A request as it is read, for a limited time: what clients send is small, and one that sends a byte at a time holds nothing for long. Kestrel's own limit
/// ends the whole connection and tells nobody why.
/// </summary>
internal sealed class TimedBody(PipeReader body, TimeProvider time) : PipeReader, IRequestBodyPipeFeature, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _patience = new(Limit, time);

    public PipeReader Reader => this;

    /// <summary>Limits the time of all requests that come behind it.</summary>
    public static void Use(WebApplication app, TimeProvider time) => app.Use(async (context, next) =>
    {
        using var body = new TimedBody(context.Request.BodyReader, time);
        context.Features.Set<IRequestBodyPipeFeature>(body);
        await next(context);
    });

    /// <exception cref="RpcException">DEADLINE_EXCEEDED: the request is not there in time.</exception>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _patience.Token);
        try
        {
            return await body.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (_patience.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"the request was not whole within {Limit.TotalSeconds:0} s"));
        }
    }

    public override bool TryRead(out ReadResult result) => body.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => body.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => body.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);

    public void Dispose() => _patience.Dispose();
}
