using System.Buffers;
using DistTrain.Protocol.Transport;
using Microsoft.Extensions.Time.Testing;

namespace DistTrain.Protocol.Tests.Transport;

[Trait("Kind", "Fast")]
public sealed class LargeBlockMemoryPoolTests : IDisposable
{
    private const int Block = LargeBlockMemoryPoolFactory.BlockSize;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly LargeBlockMemoryPoolFactory _factory;
    private readonly MemoryPool<byte> _pool;

    public LargeBlockMemoryPoolTests()
    {
        _factory = new LargeBlockMemoryPoolFactory(_time, kept: 4, Idle);
        _pool = _factory.Create();
    }

    public void Dispose()
    {
        _pool.Dispose();
        _factory.Dispose();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(Block)]
    public void A_rental_up_to_a_block_is_a_whole_block(int wanted)
    {
        using var rented = _pool.Rent(wanted);
        Assert.Equal(Block, rented.Memory.Length);
    }

    [Fact]
    public void A_rental_beyond_a_block_is_a_one_off_of_that_size()
    {
        _pool.Rent(Block + 1).Dispose();
        using var rented = _pool.Rent((3 * Block) + 5);
        Assert.Equal((3 * Block) + 5, rented.Memory.Length);
        Assert.Equal(0, _factory.FreeBlocks);
        Assert.Equal(0, _factory.AllocatedBlocks);
        Assert.Equal(Block, _pool.MaxBufferSize);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(int.MaxValue)]
    public void A_size_that_no_array_has_is_refused(int wanted) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _pool.Rent(wanted));

    [Fact]
    public void A_returned_block_is_rented_again()
    {
        for (var i = 0; i < 100; i++)
            _pool.Rent().Dispose();
        Assert.Equal(1, _factory.AllocatedBlocks);
        Assert.Equal(1, _factory.FreeBlocks);
    }

    [Fact]
    public void Blocks_never_overlap_and_keep_their_address()
    {
        var rented = Enumerable.Range(0, 8).Select(_ => _pool.Rent()).ToList();
        for (var i = 0; i < rented.Count; i++)
            rented[i].Memory.Span.Fill((byte)i);
        GC.Collect();
        for (var i = 0; i < rented.Count; i++)
            Assert.True(rented[i].Memory.Span.IndexOfAnyExcept((byte)i) < 0);
        rented.ForEach(r => r.Dispose());
    }

    [Fact]
    public void A_second_dispose_does_not_return_the_next_owners_block()
    {
        var first = _pool.Rent();
        first.Dispose();
        using var second = _pool.Rent();
        first.Dispose();
        Assert.Equal(0, _factory.FreeBlocks);
        using var third = _pool.Rent();
        second.Memory.Span[0] = 1;
        third.Memory.Span[0] = 2;
        Assert.Equal(1, second.Memory.Span[0]);
    }

    [Fact]
    public void An_ended_rental_gives_no_memory()
    {
        var rented = _pool.Rent();
        rented.Dispose();
        Assert.Throws<ObjectDisposedException>(() => rented.Memory);
    }

    [Fact]
    public void No_more_free_blocks_are_kept_than_the_bound()
    {
        var rented = Enumerable.Range(0, 10).Select(_ => _pool.Rent()).ToList();
        rented.ForEach(r => r.Dispose());
        Assert.Equal(4, _factory.FreeBlocks);
    }

    [Fact]
    public void The_bound_holds_for_all_pools_of_a_factory_together()
    {
        using var other = _factory.Create();
        var rented = Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? _pool : other).Rent()).ToList();
        rented.ForEach(r => r.Dispose());
        Assert.Equal(4, _factory.FreeBlocks);
    }

    [Fact]
    public void Blocks_that_nobody_needed_for_a_period_are_let_go()
    {
        Return(4);
        _time.Advance(Idle);
        Assert.Equal(4, _factory.FreeBlocks);
        _time.Advance(Idle);
        Assert.Equal(0, _factory.FreeBlocks);
    }

    [Fact]
    public void Blocks_in_regular_use_stay()
    {
        Return(4);
        for (var period = 0; period < 5; period++)
        {
            Return(3);
            _time.Advance(Idle);
        }

        Assert.Equal(3, _factory.FreeBlocks);
        Assert.Equal(4, _factory.AllocatedBlocks);
    }

    [Fact]
    public void A_disposed_pool_rents_no_more_and_takes_its_blocks_back()
    {
        var rented = _pool.Rent();
        _pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _pool.Rent());
        rented.Dispose();
        Assert.Equal(1, _factory.FreeBlocks);
        using var other = _factory.Create();
        using var again = other.Rent();
        Assert.Equal(1, _factory.AllocatedBlocks);
    }

    [Fact]
    public void A_disposed_factory_keeps_nothing()
    {
        var rented = _pool.Rent();
        Return(2);
        _factory.Dispose();
        rented.Dispose();
        Assert.Equal(0, _factory.FreeBlocks);
    }

    [Fact]
    public async Task Many_threads_share_blocks_without_mixing_them()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                using var rented = _pool.Rent();
                var span = rented.Memory.Span[..64];
                span.Fill((byte)worker);
                Assert.True(span.IndexOfAnyExcept((byte)worker) < 0);
            }
        })));
        Assert.InRange(_factory.FreeBlocks, 1, 4);
    }

    private void Return(int blocks)
    {
        var rented = Enumerable.Range(0, blocks).Select(_ => _pool.Rent()).ToList();
        rented.ForEach(r => r.Dispose());
    }
}
